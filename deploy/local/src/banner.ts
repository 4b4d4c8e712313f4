import type pc from 'picocolors'
import type { Endpoints } from './endpoints.ts'

type Colors = ReturnType<typeof pc.createColors>
type Row = [label: string, value: string]

/** curl takes `http://` for granted, and without it the lines fit a terminal of 80 columns. */
const forCurl = (url: string): string => url.replace(/^http:\/\//, '')

const curlLines = ({ gatewayUrl, simulatorUrl }: Endpoints): string[] => {
  const gateway = forCurl(gatewayUrl)
  if (!simulatorUrl) return [`curl -s ${gateway}/openapi.json`]
  return [
    'TOKEN=$(curl -sX POST \\',
    `  '${forCurl(simulatorUrl)}/control/api/tokens?account=anna&format=text')`,
    `curl -sH "Authorization: Bearer $TOKEN" ${gateway}/api/v1/profile/summary`,
  ]
}

/** Nobody can log in where these go but the user, whose own server may have a password in its address: that one is not shown. */
const addressRows = ({ gatewayUrl, simulatorUrl, natsUrl, mongodbUri, prometheusUrl }: Endpoints): Row[] => [
  ['page', simulatorUrl ? `${gatewayUrl}/ (sign in as Anna)` : `${gatewayUrl}/`],
  ['documents', `${gatewayUrl}/docs`],
  ...(simulatorUrl ? [['simulated Strava', `${simulatorUrl}/control (activities, limits, faults)`] satisfies Row] : []),
  ...(natsUrl ? [['NATS', natsUrl] satisfies Row] : []),
  ...(mongodbUri ? [['MongoDB', mongodbUri] satisfies Row] : []),
  ...(prometheusUrl
    ? ([
        ['metrics, alerts', `${prometheusUrl}/alerts`],
        ['boards', 'Grafana over these: deploy/grafana/README.md'],
      ] satisfies Row[])
    : ([['metrics', 'where Prometheus is found (apt-get install prometheus)']] satisfies Row[])),
]

const commandRows = ({ simulatorUrl }: Endpoints): Row[] => [
  ...(simulatorUrl ? [['npm run tour', 'what happens at Strava, and who sees it'] satisfies Row] : []),
  ['npm run subscribe -- --pretty', 'events as they happen'],
  ['npm run slipstream -- doctor', 'whether anything is wrong'],
]

const aligned = (rows: readonly Row[], paint: (label: string) => string): string[] => {
  const width = Math.max(...rows.map(([label]) => label.length))
  return rows.map(([label, value]) => `  ${paint(label.padEnd(width))}  ${value}`)
}

/**
 * What to do next, in lines that can be copied as they are.
 * @param dataDir where the user keeps the data, if they said so: the other commands have to be told as well
 */
export const banner = (
  endpoints: Endpoints,
  { seconds, dataDir, colors }: { seconds: number; dataDir: string | undefined; colors: Colors },
): string =>
  [
    '',
    colors.bold(colors.green(`Slipstream is ready (${seconds.toFixed(1)} s)`)),
    ...aligned(addressRows(endpoints), colors.dim),
    '',
    colors.bold('Try, in another terminal:'),
    ...(dataDir ? [`  export SLIPSTREAM_DATA_DIR='${dataDir}'`] : []),
    ...aligned(commandRows(endpoints), (label) => label),
    ...curlLines(endpoints).map((line) => `  ${line}`),
    '',
    'Ctrl-C stops it; what is stored is kept for the next start.',
    '',
  ].join('\n')
