import type { ActionableError, Status } from '@slipstream/contracts'

/** How the gateway answered, or that it did not. */
export type Answer<Body> =
  | { kind: 'done'; body: Body }
  /** `isFinal`: asking again would bring the same. */
  | { kind: 'refused'; error: ActionableError; isFinal: boolean; retryAfterMs: number | null }

/** The three calls that linking needs. */
export interface LinkApi {
  linkToken(codeChallenge: string): Promise<Answer<{ connectUrl: string }>>
  /** May be sent again with the same result: it gets the same answer. */
  complete(proof: { result: string; codeVerifier: string; idempotencyKey: string }): Promise<Answer<Status>>
  status(): Promise<Answer<Status>>
}

export interface Crypto {
  /** 32 random bytes, as base64url without padding. */
  newSecret(): Promise<string>
  /** SHA-256 of an ASCII text, as base64url without padding. */
  sha256(text: string): Promise<string>
}

export interface Browser {
  /** Resolves when the browser is left: by the way back, or because the person closed it. */
  open(connectUrl: string, returnUrl: string): Promise<Departure>
}

/**
 * `cancelled`: the person closed it and no return can follow. `left`: the app is in front again, and the system has not said why; a return
 * may still be on its way.
 */
export type Departure = { kind: 'returned'; url: string } | { kind: 'cancelled' } | { kind: 'left' }

/** Outlives the app's process: the app may be killed while the person is at Strava. */
export interface Storage {
  get(key: string): Promise<string | null>
  set(key: string, value: string): Promise<void>
  remove(key: string): Promise<void>
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  wait(milliseconds: number): Promise<void>
}

export interface LinkPorts {
  api: LinkApi
  crypto: Crypto
  browser: Browser
  storage: Storage
  clock: Clock
}
