import { Secret } from '@slipstream/runtime'
import type { RefreshedTokens, RefreshVerdict, TokenPair } from '../../src/index.ts'

/** What a provider's client throws; `verdict` is what whoever made the vault would make of it. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly verdict: RefreshVerdict

  constructor(verdict: RefreshVerdict) {
    super(verdict.kind)
    this.verdict = verdict
  }
}

export const judge = (error: unknown): RefreshVerdict =>
  error instanceof ProviderError ? error.verdict : { kind: 'transient' }

export const pairOf = (name: string, accessExpiresAt: Date): TokenPair => ({
  accessToken: new Secret(`access-${name}`),
  refreshToken: new Secret(`refresh-${name}`),
  accessExpiresAt,
})

export interface Provider {
  /** The refresh tokens of all calls of the token endpoint, refused ones included. */
  readonly calls: string[]
  readonly refused: string[]
  /** All tokens that were to be revoked, also those that revoke nothing. */
  readonly revoked: string[]
  current: TokenPair
  refresh(refreshToken: Secret): Promise<RefreshedTokens>
  revoke(token: Secret): Promise<void>
}

/** Strict rotation, as the provider documents it: each refresh spoils the refresh token it was made with. */
export const strictProvider = (now: () => Date, label = ''): Provider => {
  let generation = 0
  const nextPair = (lifeMs: number): TokenPair => {
    generation += 1
    return pairOf(`${label}${generation}`, new Date(now().getTime() + lifeMs))
  }
  const provider: Provider = {
    calls: [],
    refused: [],
    revoked: [],
    // 10 minutes and less are due for a refresh.
    current: nextPair(9 * 60_000),
    refresh: async (refreshToken) => {
      provider.calls.push(refreshToken.reveal())
      if (refreshToken.reveal() !== provider.current.refreshToken.reveal()) {
        provider.refused.push(refreshToken.reveal())
        throw new ProviderError({ kind: 'dead' })
      }
      provider.current = nextPair(6 * 3_600_000)
      return provider.current
    },
    revoke: async (token) => {
      provider.revoked.push(token.reveal())
    },
  }
  return provider
}

/** A door that calls wait at until it is opened. */
export const createGate = () => {
  let open = () => {}
  let arrive = () => {}
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  const reached = new Promise<void>((resolve) => {
    arrive = resolve
  })
  return {
    /** Resolves when the first call waits. */
    reached,
    open: () => open(),
    pass: async () => {
      arrive()
      await opened
    },
  }
}
