import { type Clock, Secret } from '@slipstream/runtime'
import type { StravaOAuth } from '@slipstream/strava'
import type { GrantVault } from '@slipstream/vault'
import type { LinkAttempt } from '../domain/model.ts'
import type { LinkAttempts, Links } from '../domain/ports.ts'

export interface AttemptSweepDeps {
  attempts: Pick<LinkAttempts, 'abandoned' | 'finish'>
  links: Pick<Links, 'find' | 'ofAccount'>
  vault: Pick<GrantVault, 'release'>
  oauth: Pick<StravaOAuth, 'revoke'>
  clock: Clock
  facts: {
    grantTakenBack(fact: { attemptId: string; revoked: boolean }): void
    sweepFailed(what: string, error: unknown): void
  }
}

/**
 * After the deadline of a step. With the minute a result is good for, an unclaimed grant is revoked after five; and no
 * clock of another replica is so far off that it would still complete the attempt.
 */
const graceMs = 4 * 60_000
const batchSize = 100

/**
 * Takes back the grant of an attempt nobody completed. Where the Strava account is linked by now only our tokens are
 * deleted: Strava knows one grant per account and app, and that one is in use.
 */
const takeBack = async (deps: AttemptSweepDeps, { id, pendingLink }: LinkAttempt): Promise<void> => {
  const { attempts, links, vault, oauth, clock, facts } = deps
  if (pendingLink && !(await links.find(pendingLink.linkId))) {
    const isAccountLinked = (await links.ofAccount(pendingLink.stravaAthleteId)) !== null
    const revoke = async (refreshToken: string) => {
      if (!isAccountLinked) await oauth.revoke({ token: new Secret(refreshToken) })
    }
    const { revoked } = await vault.release(pendingLink.linkId, revoke)
    facts.grantTakenBack({ attemptId: id, revoked: revoked && !isAccountLinked })
  }
  await attempts.finish(id, 'failed', clock.now())
}

/** One pass over abandoned attempts. One that cannot be taken back now, because Strava is away, is met again next time. */
export const sweepAttempts = async (deps: AttemptSweepDeps): Promise<void> => {
  const expiredBefore = new Date(deps.clock.now().getTime() - graceMs)
  for (const attempt of await deps.attempts.abandoned(expiredBefore, batchSize)) {
    try {
      await takeBack(deps, attempt)
    } catch (error) {
      deps.facts.sweepFailed('abandoned link attempt', error)
    }
  }
}
