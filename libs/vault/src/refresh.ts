import { setTimeout as delay } from 'node:timers/promises'
import type { CredentialStore, LeasedCredential, Replacement } from './credential-store.ts'
import { SealBrokenError } from './envelope.ts'
import { CredentialMissingError, GrantDeadError, RefreshUnavailableError } from './errors.ts'
import type { Keyring } from './keyring.ts'
import type { Timings } from './timings.ts'
import { openToken, type SealedPair, sealPair, type TokenPair } from './token-pair.ts'

// One refresh per expiry, over all replicas, of a token that the provider replaces and so spoils:
//
//   version stale ── lease free ──> leased ── call ──> pair ── stored under fence and version ──> used
//        │                            │ refused for good: same version still? ──> credential dead
//        │                            │ any other failure: lease ended, version stays
//        └── lease taken ──> poll until the version changes or the lease is free
//
// Between "the provider rotated" and "stored" lies the one moment in which a crash can cost the grant. It cannot be
// closed, so it is kept short (nobody gets the token before the pair is stored; a failed write is tried again for some
// seconds), and visible: `refreshStartedAt` stays set. Callers that give up waiting do not cut the call short: its
// result is still stored, as long as the process lives.

/** How a refresh ended; `dead_after_unfinished`: an earlier one never stored its result and may have lost the grant. */
export type RefreshOutcome = 'refreshed' | 'superseded' | 'dead' | 'dead_after_unfinished' | 'failed' | 'not_stored'

export interface RefresherOptions {
  store: CredentialStore
  keyring: Keyring
  refreshTokens: (refreshToken: string) => Promise<TokenPair>
  revokeOrphan: ((refreshToken: string) => Promise<void>) | undefined
  onRefresh: (outcome: RefreshOutcome) => void
  timings: Timings
}

export interface Refresher {
  /** A token newer than `staleVersion`. One refresh at a time, however many callers and processes. */
  refresh(linkId: string, staleVersion: number): Promise<string>
  drain(): Promise<void>
}

/** Failures of the whole app or its quota: their meaning is the caller's business, so they are passed on unchanged. */
const passedOnKinds: readonly unknown[] = ['app_inactive', 'client_credentials_invalid', 'rate_limited']

const kindOf = (error: unknown): unknown =>
  typeof error === 'object' && error !== null && 'kind' in error ? error.kind : undefined

const isPassedOn = (error: unknown): boolean =>
  error instanceof SealBrokenError || passedOnKinds.includes(kindOf(error))

const storeAttempts = 6

export const createRefresher = (options: RefresherOptions): Refresher => {
  const { store, keyring, refreshTokens, revokeOrphan, onRefresh, timings } = options
  const waiting = new Map<string, Promise<string>>()
  const rotations = new Set<Promise<string | null>>()

  const storePair = async (leased: LeasedCredential, pair: SealedPair): Promise<Replacement> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await store.replaceTokens(leased, pair)
      } catch (error) {
        if (attempt === storeAttempts) {
          onRefresh('not_stored')
          throw new RefreshUnavailableError(leased._id, 'the rotated tokens could not be stored', { cause: error })
        }
        await delay(timings.pollMs * 2 ** (attempt - 1))
      }
    }
  }

  const onFailure = async (leased: LeasedCredential, error: unknown): Promise<null> => {
    if (kindOf(error) === 'refresh_token_dead') {
      const dead = await store.markDead(leased)
      if (!dead) {
        onRefresh('superseded')
        return null
      }
      onRefresh(leased.refreshStartedAt ? 'dead_after_unfinished' : 'dead')
      throw new GrantDeadError(leased._id, { cause: error })
    }
    onRefresh('failed')
    // Where this does not work either, the lease ends by its time; the failure to report is the first one.
    await Promise.allSettled([store.endLease(leased)])
    if (isPassedOn(error)) throw error
    throw new RefreshUnavailableError(leased._id, 'the provider did not answer as it should', { cause: error })
  }

  /** Null when another took over meanwhile: the credential has to be looked at again. */
  const rotate = async (leased: LeasedCredential): Promise<string | null> => {
    let pair: TokenPair
    try {
      pair = await refreshTokens(openToken(leased, 'refreshToken', keyring))
    } catch (error) {
      return await onFailure(leased, error)
    }
    const owner = { linkId: leased._id, athleteId: leased.athleteId }
    const replacement = await storePair(leased, sealPair(pair, owner, keyring))
    if (replacement === 'stored') {
      onRefresh('refreshed')
      return pair.accessToken
    }
    onRefresh('superseded')
    if (replacement === 'fenced_off') return null
    // Released meanwhile, with the token from before the rotation: the new one would live on at the provider.
    await revokeOrphan?.(pair.refreshToken)
    throw new CredentialMissingError(leased._id)
  }

  const waitFor = async (rotation: Promise<string | null>, linkId: string): Promise<string | null> => {
    const inTime = new AbortController()
    const timeout = async (): Promise<never> => {
      await delay(timings.callTimeoutMs, undefined, { signal: inTime.signal })
      throw new RefreshUnavailableError(linkId, `the refresh takes longer than ${timings.callTimeoutMs} ms`)
    }
    try {
      return await Promise.race([rotation, timeout()])
    } finally {
      inTime.abort()
    }
  }

  const startRotation = (leased: LeasedCredential): Promise<string | null> => {
    const rotation = rotate(leased).finally(() => rotations.delete(rotation))
    rotations.add(rotation)
    return waitFor(rotation, leased._id)
  }

  const refreshOrWait = async (linkId: string, staleVersion: number): Promise<string> => {
    const deadline = performance.now() + timings.waitMs
    while (performance.now() < deadline) {
      const leased = await store.leaseForRefresh(linkId, staleVersion)
      const token = leased && (await startRotation(leased))
      if (token) return token
      const current = await store.find(linkId)
      if (!current || current.status === 'pending') throw new CredentialMissingError(linkId)
      if (current.status === 'dead') throw new GrantDeadError(linkId)
      if (current.tokenVersion !== staleVersion) return openToken(current, 'accessToken', keyring)
      await delay(timings.pollMs)
    }
    throw new RefreshUnavailableError(linkId, `another refresh goes on for more than ${timings.waitMs} ms`)
  }

  return {
    refresh: (linkId, staleVersion) => {
      // By version: who holds the result of a refresh and was refused must not be handed that result again.
      const key = `${linkId} ${staleVersion}`
      const joined = waiting.get(key)
      if (joined) return joined
      const started = refreshOrWait(linkId, staleVersion).finally(() => waiting.delete(key))
      waiting.set(key, started)
      return started
    },
    drain: async () => {
      await Promise.allSettled(rotations)
    },
  }
}
