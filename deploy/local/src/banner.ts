import type pc from 'picocolors'
import type { Endpoints } from './endpoints.ts'

type Colors = ReturnType<typeof pc.createColors>
type Row = [label: string, value: string]

const curlLine = ({ gatewayUrl, simulatorUrl }: Endpoints): string => {
  if (!simulatorUrl) return `curl -s ${gatewayUrl}/openapi.json`
  const token = `$(curl -s -X POST '${simulatorUrl}/control/api/tokens?account=anna&format=text')`
  return `curl -s -H "Authorization: Bearer ${token}" ${gatewayUrl}/api/v1/profile/summary`
}

const metricsRows = ({ prometheusUrl }: Endpoints): Row[] =>
  prometheusUrl
    ? [
        ['metrics, alerts', `${prometheusUrl}/alerts`],
        ['boards', `Grafana over ${prometheusUrl}: deploy/grafana/README.md`],
      ]
    : [
        [
          'metrics',
          'Prometheus is started, too, where it is found: apt-get install prometheus, or prometheus.io/download',
        ],
      ]

/** What to do next, in lines that can be copied as they are. */
export const banner = (endpoints: Endpoints, seconds: number, colors: Colors): string => {
  const rows: Row[] = [
    ['page', `${endpoints.gatewayUrl}/`],
    ...(endpoints.simulatorUrl ? [['simulated Strava', `${endpoints.simulatorUrl}/control`] satisfies Row] : []),
    ['ask the API', curlLine(endpoints)],
    ['watch the events', "npm run subscribe -- 'activity.ingested.>'"],
    ...metricsRows(endpoints),
    ['stop', 'Ctrl-C'],
  ]
  const lines = rows.map(([label, value]) => `  ${colors.dim(label.padEnd(17))} ${value}`)
  return ['', colors.bold(colors.green(`Slipstream is ready (${seconds.toFixed(1)} s)`)), ...lines, ''].join('\n')
}
