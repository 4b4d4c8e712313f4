import { consent, cookiesOf, locationOf } from './consent.ts'

/** One athlete at the API, as the web page calls it. */
export interface WebAthlete {
  send(method: string, path: string, body?: unknown): Promise<Response>
  read<Body>(path: string): Promise<Body>
  /** Up to the moment the browser is sent back to `/callback`; resolves to that visit, still to be made. */
  untilCallback(): Promise<() => Promise<Response>>
}

/** `accessToken`: of who is signed in to the page; `stravaAthleteId`: who is signed in to the simulated Strava. */
export const createWebAthlete = (options: {
  gatewayUrl: string
  accessToken: string
  stravaAthleteId: number
}): WebAthlete => {
  const { gatewayUrl, accessToken, stravaAthleteId } = options
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' }
  const send: WebAthlete['send'] = (method, path, body) =>
    fetch(`${gatewayUrl}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return {
    send,
    read: async <Body>(path: string) => (await (await send('GET', path)).json()) as Body,
    untilCallback: async () => {
      const started = await send('POST', '/strava/link-token', { platform: 'web' })
      const { connectUrl } = (await started.json()) as { connectUrl: string }
      const binding = cookiesOf(started)
      const connect = await fetch(connectUrl, { redirect: 'manual', headers: { cookie: binding } })
      const callbackUrl = await consent(locationOf(connect, '/connect'), { stravaAthleteId, decision: 'allow' })
      const cookie = `${binding}; ${cookiesOf(connect)}`
      return () => fetch(callbackUrl, { redirect: 'manual', headers: { cookie } })
    },
  }
}
