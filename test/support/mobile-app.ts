import { createHash, randomBytes } from 'node:crypto'
import type { Status } from '@slipstream/contracts'
import { consent, cookiesOf, locationOf } from '@slipstream/local'
import type { RunningSystem } from './system.ts'

interface Answer<Body> {
  status: number
  body: Body
}

/** The host's mobile app: its calls to the API, and the system browser it opens. */
export interface MobileApp {
  api<Body>(method: string, path: string, body?: unknown): Promise<Answer<Body>>
  /** Starts an attempt and leads the system browser through consent; resolves to the deep link that opens the app. */
  link(choice: { codeChallenge: string; decision: 'allow' | 'deny' }): Promise<URL>
  /** Opens the athlete's live events until the signal is aborted; `text` is all that has come. */
  listen(signal: AbortSignal): { text(): string }
  complete(result: string, codeVerifier: string): Promise<Answer<Status & { code?: string }>>
}

interface Proof {
  codeVerifier: string
  /** S256 of the verifier. */
  codeChallenge: string
}

export const newProof = (): Proof => {
  const codeVerifier = randomBytes(32).toString('base64url')
  return { codeVerifier, codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url') }
}

/** As much of a system as an app needs to know. */
export type AppHost = Pick<RunningSystem, 'control'> & { endpoints: Pick<RunningSystem['endpoints'], 'gatewayUrl'> }

/** `account` signs in to the app; `stravaAccount` is who is signed in to Strava in the system browser. */
export const openMobileApp = async (system: AppHost, account: string, stravaAccount = account): Promise<MobileApp> => {
  const { endpoints, control } = system
  const accessToken = await control.tokenFor(account)
  const { stravaAthleteId } = await control.athlete(stravaAccount)

  const api: MobileApp['api'] = async <Body>(method: string, path: string, body?: unknown) => {
    const response = await fetch(`${endpoints.gatewayUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return { status: response.status, body: (await response.json()) as Body }
  }

  return {
    api,
    async link({ codeChallenge, decision }) {
      const started = await api<{ connectUrl: string }>('POST', '/strava/link-token', {
        platform: 'mobile',
        codeChallenge,
      })
      if (started.status !== 201) throw new Error(`link-token: ${JSON.stringify(started)}`)
      const connect = await fetch(started.body.connectUrl, { redirect: 'manual' })
      const cookie = cookiesOf(connect)
      const returnUrl = await consent(locationOf(connect, '/connect'), { stravaAthleteId, decision })
      const callback = await fetch(returnUrl, { redirect: 'manual', headers: { cookie } })
      return new URL(locationOf(callback, '/callback'))
    },
    listen: (signal) => {
      let text = ''
      const read = async () => {
        const headers = { authorization: `Bearer ${accessToken}` }
        const { body } = await fetch(`${endpoints.gatewayUrl}/api/v1/strava/events`, { headers, signal })
        for await (const chunk of body ?? []) text += Buffer.from(chunk).toString()
      }
      read().catch((error: unknown) => {
        if (!signal.aborted) text += `\n${error}`
      })
      return { text: () => text }
    },
    complete: (result, codeVerifier) => api('POST', '/strava/callback', { result, codeVerifier }),
  }
}
