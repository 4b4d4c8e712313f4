import type pc from 'picocolors'
import type { Endpoints } from './endpoints.ts'

type Colors = ReturnType<typeof pc.createColors>

const curlLine = ({ gatewayUrl, simulatorUrl }: Endpoints): string => {
  if (!simulatorUrl) return `curl -s ${gatewayUrl}/openapi.json`
  const token = `$(curl -s -X POST '${simulatorUrl}/control/api/tokens?account=anna&format=text')`
  return `curl -s -H "Authorization: Bearer ${token}" ${gatewayUrl}/api/v1/profile/summary`
}

/** What to do next, in lines that can be copied as they are. */
export const banner = (endpoints: Endpoints, seconds: number, colors: Colors): string => {
  const rows: [label: string, value: string][] = [
    ['page', `${endpoints.gatewayUrl}/`],
    ...(endpoints.simulatorUrl ? [['simulated Strava', `${endpoints.simulatorUrl}/control`] as [string, string]] : []),
    ['ask the API', curlLine(endpoints)],
    ['watch the events', "npm run subscribe -- 'activity.ingested.>'"],
    ['stop', 'Ctrl-C'],
  ]
  const lines = rows.map(([label, value]) => `  ${colors.dim(label.padEnd(17))} ${value}`)
  return ['', colors.bold(colors.green(`Slipstream is ready (${seconds.toFixed(1)} s)`)), ...lines, ''].join('\n')
}
