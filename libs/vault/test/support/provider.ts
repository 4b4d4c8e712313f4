import type { TokenPair } from '../../src/index.ts'

/** What libs/strava throws, as far as the vault looks at it. */
export class ProviderError extends Error {
  override readonly name = 'ProviderError'
  readonly kind: string

  constructor(kind: string) {
    super(kind)
    this.kind = kind
  }
}

export interface Provider {
  /** All calls of the token endpoint, refused ones included. */
  readonly calls: string[]
  readonly refused: string[]
  readonly revoked: string[]
  current: TokenPair
  refresh(refreshToken: string): Promise<TokenPair>
  revoke(refreshToken: string): Promise<void>
}

/** Strict rotation, as the provider documents it: each refresh spoils the refresh token it was made with. */
export const strictProvider = (now: () => Date, label = ''): Provider => {
  let generation = 0
  const nextPair = (lifeMs: number): TokenPair => {
    generation += 1
    return {
      accessToken: `access${label}-${generation}`,
      refreshToken: `refresh${label}-${generation}`,
      accessExpiresAt: new Date(now().getTime() + lifeMs),
    }
  }
  const provider: Provider = {
    calls: [],
    refused: [],
    revoked: [],
    // 10 minutes and less are due for a refresh.
    current: nextPair(9 * 60_000),
    refresh: async (refreshToken) => {
      provider.calls.push(refreshToken)
      if (refreshToken !== provider.current.refreshToken) {
        provider.refused.push(refreshToken)
        throw new ProviderError('refresh_token_dead')
      }
      provider.current = nextPair(6 * 3_600_000)
      return provider.current
    },
    revoke: async (refreshToken) => {
      provider.revoked.push(refreshToken)
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
