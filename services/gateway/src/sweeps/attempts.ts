import { backoffUntil, type Clock } from '@slipstream/runtime'
import type { GrantVault } from '@slipstream/vault'
import { coversScopes } from '../domain/link-decision.ts'
import type { LinkAttempt } from '../domain/model.ts'
import type { LinkAttempts, Links } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'
import type { Revocations } from './revocations.ts'

export interface AttemptSweepDeps {
  attempts: Pick<LinkAttempts, 'abandoned' | 'finish' | 'postpone'>
  links: Pick<Links, 'find' | 'ofAccount'>
  vault: Pick<GrantVault, 'adopt' | 'handOver'>
  revocations: Pick<Revocations, 'end'>
  clock: Clock
  facts: {
    grantTakenBack(fact: { attemptId: string; isRevocationOwed: boolean }): void
    rowFailed: Facts['rowFailed']
  }
}

/**
 * After the deadline of a step. With the minute a result is good for, an unclaimed grant is revoked after five; and no
 * clock of another replica is so far off that it would still complete the attempt.
 */
const graceMs = 4 * 60_000
const backoff = { firstMs: 30_000, longestMs: 3_600_000 }
const batchSize = 100

/**
 * Takes back the grant of an attempt nobody completed; where its account is linked by now, it is left to that link. Its tokens
 * go there only if the link is the same athlete's: nobody has proven what they permit.
 */
const takeBack = async (deps: AttemptSweepDeps, { id, athleteId, pendingLink }: LinkAttempt): Promise<void> => {
  const { attempts, links, vault, revocations, clock, facts } = deps
  if (pendingLink && !(await links.find(pendingLink.linkId))) {
    const { linkId, stravaAthleteId, scopes } = pendingLink
    const holder = await links.ofAccount(stravaAthleteId)
    if (holder) {
      const areTokensWanted = holder.athleteId === athleteId && coversScopes(scopes, holder.scopes)
      await vault.handOver(linkId, { ...holder, areTokensWanted })
      facts.grantTakenBack({ attemptId: id, isRevocationOwed: false })
    } else {
      await vault.adopt({ linkId, athleteId, stravaAthleteId })
      facts.grantTakenBack({ attemptId: id, isRevocationOwed: await revocations.end({ linkId, athleteId }) })
    }
  }
  await attempts.finish(id, { code: 'link_expired', receiptId: null }, clock.now())
}

/** One pass over abandoned attempts. One that fails is tried again later and keeps no other from its turn. */
export const sweepAttempts = async (deps: AttemptSweepDeps): Promise<void> => {
  const startedAt = deps.clock.now()
  const expiredBefore = new Date(startedAt.getTime() - graceMs)
  for (const attempt of await deps.attempts.abandoned(expiredBefore, startedAt, batchSize)) {
    try {
      await takeBack(deps, attempt)
    } catch (error) {
      deps.facts.rowFailed('link-attempts', error)
      const tries = (attempt.attempts ?? 0) + 1
      const nextTryAt = backoffUntil(deps.clock.now(), backoff, tries)
      await deps.attempts.postpone(attempt.id, tries, nextTryAt)
    }
  }
}
