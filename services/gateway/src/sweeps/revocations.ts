import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@slipstream/runtime'
import type { StravaOAuth } from '@slipstream/strava'
import type { GrantVault, SettledRevocation } from '@slipstream/vault'
import type { UnlinkReceipt } from '../domain/model.ts'
import type { Receipts } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

export interface RevocationDeps {
  receipts: Pick<Receipts, 'settleRevocation'>
  vault: Pick<GrantVault, 'end' | 'settleOwed' | 'owedDue' | 'owedOfAthlete'>
  oauth: Pick<StravaOAuth, 'revoke'>
  clock: Clock
  facts: {
    revocationSettled(fact: { linkId: string; result: GrantEnd }): void
    rowFailed: Facts['rowFailed']
  }
}

/** How a grant ended: what became of its revocation, or why none was owed. */
export type GrantEnd = SettledRevocation['result'] | 'dead'

export interface Revocations {
  /** Ends the grant of a link that is gone, and begins to revoke it. @returns whether a revocation is owed now */
  end(link: { linkId: string; athleteId: string }): Promise<boolean>
  /** Settles what an account owes, without being waited for; what fails is tried again by the sweep. */
  begin(accountId: string): void
  /** Tries what this athlete's earlier links still owe; what takes longer goes on. */
  tryOwed(athleteId: string): Promise<void>
  /** One pass over the accounts whose next try is due. */
  sweep(): Promise<void>
  /** Waits for what was begun. */
  stop(): Promise<void>
}

/** So many are tried side by side; a call takes up to 10 s, and one that hangs holds up no other. */
const batchSize = 20
/** Of whoever asks for a link token: well within the 5 s of their request. */
const patienceMs = 3_000

const truths: Record<GrantEnd, Pick<UnlinkReceipt, 'revokedAtStrava' | 'note'>> = {
  revoked: { revokedAtStrava: true, note: null },
  cancelled: { revokedAtStrava: false, note: 'linked_again' },
  dead: { revokedAtStrava: false, note: null },
  unknown: { revokedAtStrava: null, note: 'check_strava' },
}

/** Revokes at Strava what accounts owe, and writes into the receipts what became of it. */
export const createRevocations = ({ receipts, vault, oauth, clock, facts }: RevocationDeps): Revocations => {
  const underWay = new Set<Promise<void>>()

  const tell = async (linkId: string, result: GrantEnd, hadTokens: boolean): Promise<void> => {
    // A receipt is opened only for a link that is there, and the link goes before this: one, whoever removed it.
    const deleted = { links: 1, credentials: hadTokens ? 1 : 0 }
    await receipts.settleRevocation(linkId, { ...truths[result], deleted }, clock.now())
    facts.revocationSettled({ linkId, result })
  }

  const settle = (accountId: string, isUrgent: boolean): Promise<void> =>
    vault.settleOwed(accountId, {
      isUrgent,
      revoke: (token) => oauth.revoke({ token }),
      onSettled: async ({ linkIds, result }) => {
        for (const linkId of linkIds) await tell(linkId, result, true)
      },
    })

  const attempt = (accountId: string, isUrgent = false): Promise<void> => {
    const tracked = settle(accountId, isUrgent).catch((error: unknown) => facts.rowFailed('owed-revocations', error))
    underWay.add(tracked)
    void tracked.finally(() => underWay.delete(tracked))
    return tracked
  }

  const begin = (accountId: string): void => {
    void attempt(accountId)
  }

  return {
    begin,
    end: async (link) => {
      const ended = await vault.end(link)
      if (ended.kind === 'owed') {
        begin(ended.accountId)
        return true
      }
      await tell(link.linkId, ended.kind === 'held' ? 'cancelled' : ended.kind, ended.hadTokens)
      return false
    },
    tryOwed: async (athleteId) => {
      const attempts = (await vault.owedOfAthlete(athleteId)).map((accountId) => attempt(accountId, true))
      if (attempts.length === 0) return
      await Promise.race([Promise.all(attempts), delay(patienceMs, undefined, { ref: false })])
    },
    sweep: async () => {
      await Promise.all((await vault.owedDue(batchSize)).map((accountId) => attempt(accountId)))
    },
    stop: async () => {
      await Promise.all(underWay)
    },
  }
}
