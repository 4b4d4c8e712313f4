import { setTimeout as delay } from 'node:timers/promises'
import type { OwedRevocation } from '@slipstream/records'
import { type Clock, newId, type Secret } from '@slipstream/runtime'
import { claim, isCallUnderWay, putOff, type RevocationResult, settle } from './account.ts'
import type { AccountStore } from './account-store.ts'
import { SealBrokenError } from './envelope.ts'
import type { KeyWatch } from './key-watch.ts'
import type { Keyring } from './keyring.ts'
import type { Timings } from './timings.ts'
import { openToken } from './token-pair.ts'

/** What became of the grants of these links; `cancelled`: their account is held again, so nothing was revoked. */
export interface SettledRevocation {
  linkIds: readonly string[]
  result: RevocationResult
}

export interface SettleOptions {
  /** One call; it ends within 10 s. An unknown token is no failure. */
  revoke(token: Secret): Promise<void>
  /** Notes what became of it, before it is forgotten here; may be told again after a crash. */
  onSettled(settled: SettledRevocation): Promise<void>
  /** Also before the time to which a failed try has put it off. */
  isUrgent?: boolean
}

/** Revocations that accounts owe. */
export interface OwedRevocations {
  /**
   * Revokes what the account owes, or finds it cancelled. Does nothing when nothing is owed, another process is at it, or the
   * next try is not due.
   * When `revoke` rejects, the next try is put off, and this rejects with the same error. Where the account was given
   * again during the call nothing is settled yet: ask once more when the new grant is proven, or has been ended.
   */
  settleOwed(accountId: string, options: SettleOptions): Promise<void>
  /** Accounts whose next try is due. */
  owedDue(limit: number): Promise<string[]>
  /** Accounts that owe the revocation of a link this athlete had. */
  owedOfAthlete(athleteId: string): Promise<string[]>
  /** Waits until no revocation of the account is under way, at most so long. */
  waitForRevocation(accountId: string, atMostMs: number): Promise<void>
  /** Accounts that take a place at Strava though no link holds them, other than this athlete's; null: of all. */
  countUnheld(exceptAthleteId: string | null): Promise<number>
}

export interface RevocationsOptions {
  accounts: AccountStore
  keyring: Keyring
  clock: Clock
  timings: Timings
  keyWatch: KeyWatch
  onUnreadable: (linkId: string, error: SealBrokenError) => void
}

/** The claim was held for too long before its call could leave: meanwhile the account may have been given again. */
class ClaimOutlivedError extends Error {
  override readonly name = 'ClaimOutlivedError'
  readonly code = 'claim_outlived'
}

export const createOwedRevocations = (options: RevocationsOptions): OwedRevocations => {
  const { accounts, keyring, clock, timings, keyWatch, onUnreadable } = options

  /** A refresh token that may be spent revokes nothing, and Strava does not say so; an access token lives to its end. */
  const makeCalls = async (owed: OwedRevocation, call: SettleOptions['revoke']): Promise<RevocationResult> => {
    await call(openToken(owed, 'refreshToken', keyring))
    if (owed.isCertain) return 'revoked'
    if (owed.accessExpiresAt <= clock.now()) return 'unknown'
    await call(openToken(owed, 'accessToken', keyring))
    return 'revoked'
  }

  const revokeOwed = async (owed: OwedRevocation, call: SettleOptions['revoke']): Promise<RevocationResult> => {
    try {
      return await makeCalls(owed, call)
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error
      keyWatch.noteError(error)
      // A missing key may come back. A seal that is damaged stays so: waiting has to end.
      if (clock.now().getTime() - owed.since.getTime() < timings.unreadableMs) throw error
      onUnreadable(owed.linkId, error)
      return 'unknown'
    }
  }

  const settleOwed: OwedRevocations['settleOwed'] = async (accountId, settling) => {
    const { revoke, onSettled, isUrgent = false } = settling
    const callId = newId('rev')
    const claimedAt = performance.now()
    const claimed = await accounts.change(accountId, (account, now) =>
      claim(account, { callId, now, leaseMs: timings.revokeLeaseMs, isUrgent }),
    )
    const owed = claimed.after?.owed
    if (!claimed.isChanged || !owed) return
    const call: SettleOptions['revoke'] = async (token) => {
      if (performance.now() - claimedAt > timings.revokeLeaseMs / 2)
        throw new ClaimOutlivedError('the claim has passed')
      await revoke(token)
    }
    const finish = async (result: RevocationResult) => {
      await onSettled({ linkIds: owed.endedLinks, result })
      await accounts.change(accountId, (account, now) =>
        settle(account, { callId, result, now, keptMs: timings.accountKeptMs }),
      )
    }
    const isHeldSince = async () => (await accounts.read(accountId)).row?.account.isHeld === true
    const leaveForLater = () => accounts.change(accountId, (account, now) => putOff(account, { callId, now }))
    if (claimed.after?.isHeld) return await finish('cancelled')
    let result: RevocationResult
    try {
      result = await revokeOwed(owed, call)
    } catch (error) {
      await leaveForLater()
      throw error
    }
    // Given again while the call was under way: whether it ended the old grant, the new one, or revoked with a token that
    // was spent by then, is known when the new one has been proven.
    if (await isHeldSince()) await leaveForLater()
    else await finish(result)
  }

  return {
    settleOwed,
    owedDue: accounts.owedDue,
    owedOfAthlete: accounts.owedOfAthlete,
    waitForRevocation: async (accountId, atMostMs) => {
      const deadline = performance.now() + atMostMs
      const isUnderWay = async () => {
        const { row, now } = await accounts.read(accountId)
        return isCallUnderWay(row?.account ?? null, now)
      }
      while ((await isUnderWay()) && performance.now() < deadline) await delay(timings.pollMs)
    },
    countUnheld: accounts.countUnheld,
  }
}
