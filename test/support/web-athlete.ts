import { consent, cookiesOf, locationOf } from './consent.ts'
import type { AppHost } from './mobile-app.ts'
import { until } from './until.ts'

/** One athlete at the API, as the web page calls it. */
export interface WebAthlete {
  send(method: string, path: string, body?: unknown): Promise<Response>
  read<Body>(path: string): Promise<Body>
  /** Up to the moment the browser is sent back to `/callback`; resolves to that visit, still to be made. */
  untilCallback(): Promise<() => Promise<Response>>
  /** Resolves when the receipt is complete. */
  unlink(): Promise<void>
}

/** Signs in and submits the profile. */
export const openWebAthlete = async ({ endpoints, control }: AppHost, account: string): Promise<WebAthlete> => {
  const accessToken = await control.tokenFor(account)
  const { stravaAthleteId } = await control.athlete(account)
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' }
  const send: WebAthlete['send'] = (method, path, body) =>
    fetch(`${endpoints.gatewayUrl}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  const read = async <Body>(path: string) => (await (await send('GET', path)).json()) as Body

  await send('PUT', '/profile', { displayName: account, primarySport: 'Run', weeklyGoalHours: 6 })
  return {
    send,
    read,
    untilCallback: async () => {
      const started = await send('POST', '/strava/link-token', { platform: 'web' })
      const { connectUrl } = (await started.json()) as { connectUrl: string }
      const binding = cookiesOf(started)
      const connect = await fetch(connectUrl, { redirect: 'manual', headers: { cookie: binding } })
      const callbackUrl = await consent(locationOf(connect, '/connect'), { stravaAthleteId, decision: 'allow' })
      const cookie = `${binding}; ${cookiesOf(connect)}`
      return () => fetch(callbackUrl, { redirect: 'manual', headers: { cookie } })
    },
    unlink: async () => {
      const { receiptId } = (await (await send('DELETE', '/strava/link')).json()) as { receiptId: string }
      await until(60_000, async () => {
        const receipt = await read<{ completedAt: string | null }>(`/strava/receipts/${receiptId}`)
        if (receipt.completedAt === null) throw new Error('the receipt is not complete')
      })
    },
  }
}
