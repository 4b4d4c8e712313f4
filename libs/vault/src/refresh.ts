import { setTimeout as delay } from 'node:timers/promises'
import type { Clock, Secret } from '@slipstream/runtime'
import type { CredentialStore, LeasedCredential } from './credential-store.ts'
import { SealBrokenError } from './envelope.ts'
import { CredentialMissingError, GrantDeadError, RefreshUnavailableError } from './errors.ts'
import type { KeepChild } from './keep-child.ts'
import type { Keyring } from './keyring.ts'
import type { RefreshVerdict } from './refresh-verdict.ts'
import type { Timings } from './timings.ts'
import { openToken, type RefreshedTokens, type TokenOwner, type TokenPair } from './token-pair.ts'

// One refresh per expiry, over all replicas, of a token that the provider replaces and so spoils:
//
//   version stale ── lease free ──> leased ── call ──> pair ── stored after the version it was made from ──> used
//        │                            │ refused for good: held back while an earlier refresh may bring a pair, then dead
//        │                            │ any other failure: lease ended, version stays
//        └── lease taken ──> poll until the version changes or the lease is free
//
// Between "the provider rotated" and "stored" lies the one moment in which a crash can cost the grant. It cannot be
// closed, so it is kept short (nobody gets the token before the pair is stored), and visible: `refreshStartedAt` stays
// set. Nothing else ends it: callers that give up waiting do not cut the call short, a lease that has passed does not
// make its pair worthless, and a store that is away is waited for.

/**
 * How a refresh ended. `dead_after_unfinished`: an earlier one never stored its pair and may have lost the grant.
 * `late`: its grant had ended, and the pair is owed to be revoked. `not_stored`: the process stopped first.
 */
export type RefreshOutcome =
  | 'refreshed'
  | 'superseded'
  | 'late'
  | 'dead'
  | 'dead_after_unfinished'
  | 'failed'
  | 'not_stored'

export interface RefresherOptions {
  store: CredentialStore
  keepChild: KeepChild
  keyring: Keyring
  clock: Clock
  refreshTokens: (refreshToken: Secret, owner: TokenOwner) => Promise<RefreshedTokens>
  judge: (error: unknown) => RefreshVerdict
  onRefresh: (outcome: RefreshOutcome) => void
  timings: Timings
}

export interface Refresher {
  /** A token newer than `staleVersion`. One refresh at a time, however many callers and processes. */
  refresh(linkId: string, staleVersion: number): Promise<Secret>
  drain(signal: AbortSignal): Promise<void>
}

export const createRefresher = (options: RefresherOptions): Refresher => {
  const { store, keepChild, keyring, clock, refreshTokens, judge, onRefresh, timings } = options
  const stopping = new AbortController()
  /** The refreshes of this process, by link. A later caller joins one that outlives its lease. */
  const rotations = new Map<string, Promise<Secret | null>>()

  /** While an earlier refresh may still bring a pair, a refusal is not the last word. */
  const markDead = async (leased: LeasedCredential): Promise<boolean> => {
    await store.holdBack(leased)
    for (;;) {
      const mark = await store.markDead(leased)
      if (mark !== 'held_back') return mark === 'dead'
      // The lease holds it back for others, too: whoever refreshes after that finds the token dead again.
      if (stopping.signal.aborted) throw new RefreshUnavailableError(leased._id, 'an earlier refresh may still end it')
      await delay(timings.pollMs, undefined, { signal: stopping.signal }).catch(() => {}) // woken by the stop
    }
  }

  const endGrant = async (leased: LeasedCredential, error: unknown): Promise<null> => {
    if (!(await markDead(leased))) {
      onRefresh('superseded')
      return null
    }
    onRefresh(leased.refreshStartedAt ? 'dead_after_unfinished' : 'dead')
    throw new GrantDeadError(leased._id, { cause: error })
  }

  const fail = async (leased: LeasedCredential, isAccountedFor: boolean): Promise<void> => {
    onRefresh('failed')
    // Where this does not work either, the lease ends by its time; the failure to report is the first one.
    await Promise.allSettled([store.endLease(leased, { isAccountedFor })])
  }

  const onFailure = async (leased: LeasedCredential, error: unknown): Promise<null> => {
    const verdict = judge(error)
    if (verdict.kind === 'dead') return await endGrant(leased, error)
    if (verdict.kind === 'refused') {
      const since = await store.noteRefusal(leased, verdict.reason)
      const isForLong = since && clock.now().getTime() - since.getTime() >= timings.unexplainedMs
      if (isForLong) return await endGrant(leased, error)
    }
    await fail(leased, verdict.kind !== 'transient')
    if (verdict.kind === 'passed_on') throw error
    throw new RefreshUnavailableError(leased._id, 'the provider did not answer as it should', { cause: error })
  }

  const openSpent = async (leased: LeasedCredential): Promise<Secret> => {
    try {
      return openToken({ ...leased, linkId: leased._id }, 'refreshToken', keyring)
    } catch (error) {
      if (error instanceof SealBrokenError) await fail(leased, true)
      throw error
    }
  }

  /** Null when another took over meanwhile: the credential has to be looked at again. */
  const rotate = async (leased: LeasedCredential): Promise<Secret | null> => {
    const spent = await openSpent(leased)
    let answer: RefreshedTokens
    try {
      answer = await refreshTokens(spent, { linkId: leased._id, athleteId: leased.athleteId })
    } catch (error) {
      return await onFailure(leased, error)
    }
    const pair: TokenPair = { ...answer, refreshToken: answer.refreshToken ?? spent }
    const kept = await keepChild({ parent: leased, spent, pair })
    if (kept === 'stored') {
      onRefresh('refreshed')
      return pair.accessToken
    }
    onRefresh(kept === 'owed' ? 'late' : 'superseded')
    return null
  }

  const startRotation = (leased: LeasedCredential): Promise<Secret | null> => {
    const linkId = leased._id
    const rotation = rotate(leased).finally(() => rotations.delete(linkId))
    rotations.set(linkId, rotation)
    return rotation
  }

  const waitFor = async (rotation: Promise<Secret | null>, linkId: string): Promise<Secret | null> => {
    const inTime = new AbortController()
    const timeout = async (): Promise<never> => {
      await delay(timings.callerWaitMs, undefined, { signal: inTime.signal })
      throw new RefreshUnavailableError(linkId, `the refresh takes longer than ${timings.callerWaitMs} ms`)
    }
    try {
      return await Promise.race([rotation, timeout()])
    } finally {
      inTime.abort()
    }
  }

  const joinOrStart = async (linkId: string, staleVersion: number): Promise<Secret | null> => {
    const joined = rotations.get(linkId)
    if (joined) {
      await waitFor(joined, linkId)
      return null
    }
    const leased = await store.lease(linkId, staleVersion)
    return leased && (await waitFor(startRotation(leased), linkId))
  }

  return {
    refresh: async (linkId, staleVersion) => {
      const deadline = performance.now() + timings.waitMs
      while (performance.now() < deadline) {
        const token = await joinOrStart(linkId, staleVersion)
        if (token) return token
        const current = await store.find(linkId)
        if (!current || current.status === 'pending') throw new CredentialMissingError(linkId)
        if (current.status === 'dead') throw new GrantDeadError(linkId)
        if (current.tokenVersion !== staleVersion) {
          return openToken({ ...current, linkId }, 'accessToken', keyring)
        }
        await delay(timings.pollMs)
      }
      throw new RefreshUnavailableError(linkId, `another refresh goes on for more than ${timings.waitMs} ms`)
    },

    drain: async (signal) => {
      stopping.abort()
      const ended = Promise.allSettled(rotations.values())
      const deadline = new Promise<void>((resolve) => {
        if (signal.aborted) resolve()
        signal.addEventListener('abort', () => resolve(), { once: true })
      })
      await Promise.race([ended, deadline])
      for (const _ of rotations) onRefresh('not_stored')
    },
  }
}
