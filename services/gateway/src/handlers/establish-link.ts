import type { PendingLink } from '@slipstream/records'
import { Secret } from '@slipstream/runtime'
import type { StravaGrant } from '@slipstream/strava'
import { decideLink } from '../domain/link-decision.ts'
import type { LinkAttempt } from '../domain/model.ts'
import { LinkConflictError } from '../domain/ports.ts'
import { RefusalError } from '../domain/refusal.ts'
import { type LinkFlow, linkedEvent, toTokenPair } from './link-flow.ts'

/** Two attempts that end at the same moment: the loser finds the winner's link when it looks again. */
const maxRounds = 3

const decide = async ({ links }: LinkFlow, athleteId: string, stravaAthleteId: string) => {
  const [own, ofAccount] = await Promise.all([links.ofAthlete(athleteId), links.ofAccount(stravaAthleteId)])
  return decideLink({ athleteId, stravaAthleteId, own, ofAccount })
}

/** Makes the link, or gives the one that is there new life; false when another attempt came in between. */
const commit = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  pending: PendingLink,
  decision: { kind: 'create' } | { kind: 'renew'; link: { linkId: string } },
): Promise<boolean> => {
  const now = flow.clock.now()
  const { displayName, scopes } = pending
  const linkId = decision.kind === 'create' ? pending.linkId : decision.link.linkId
  const link = { ...pending, linkId, athleteId: attempt.athleteId, linkedAt: now }
  const event = linkedEvent(link, flow, now)
  try {
    if (decision.kind === 'create') await flow.links.create(link, event)
    else if (!(await flow.links.renew(linkId, { displayName, scopes }, event, now))) return false
  } catch (error) {
    if (error instanceof LinkConflictError) return false
    throw error
  }
  flow.nudge()
  flow.facts.linked({ platform: attempt.platform, linkId, renewed: decision.kind === 'renew' })
  return true
}

/**
 * Keeps the tokens with a link, its own or the one it is about to become. The attempt names that link first: should it
 * have ended meanwhile, with whoever would have deleted them gone by, the sweep finds them there.
 */
const seal = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  pending: PendingLink,
  owner: { linkId: string; athleteId: string; status: 'pending' | 'active' },
  grant: StravaGrant,
): Promise<void> => {
  await flow.attempts.recordGrant(attempt.id, { ...pending, linkId: owner.linkId }, flow.clock.now())
  await flow.vault.seal({ ...owner, tokens: toTokenPair(grant) })
}

/**
 * Refuses a grant whose Strava account is linked to another athlete. It is not revoked: Strava knows one grant per
 * account and app, so that would cut off the athlete who has it. For the same reason the tokens go to that athlete's
 * link: if Strava rotated, the ones there are dead. Nothing else of the link changes.
 */
const refuseInUse = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  pending: PendingLink,
  grant: StravaGrant,
  { linkId, athleteId }: { linkId: string; athleteId: string },
) => {
  await seal(flow, attempt, pending, { linkId, athleteId, status: 'active' }, grant)
  // Unlinked meanwhile: then these tokens may have come after its own were deleted.
  if (!(await flow.links.find(linkId))) await takeBack(flow, linkId)
  throw new RefusalError('strava_account_in_use')
}

/** Refuses a second Strava account of the same athlete; the grant, of no use to anyone, is taken back. */
const refuseDifferent = async (flow: LinkFlow, grant: StravaGrant) => {
  try {
    await flow.oauth.revoke({ token: grant.refreshToken })
  } catch (error) {
    flow.facts.grantLeftOver(error)
  }
  throw new RefusalError('different_strava_account')
}

const tooContended = () => new LinkConflictError('other attempts of this athlete or account keep coming in between')

/**
 * Web: the athlete is present in the browser that began, so the grant becomes the link at once. Tokens are sealed
 * first: a link without tokens would be broken, tokens without a link are swept.
 */
export const linkAtOnce = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  pending: PendingLink,
  grant: StravaGrant,
): Promise<void> => {
  const { athleteId } = attempt
  for (let round = 1; round <= maxRounds; round++) {
    const decision = await decide(flow, athleteId, pending.stravaAthleteId)
    if (decision.kind === 'refuse_in_use') return await refuseInUse(flow, attempt, pending, grant, decision.holder)
    if (decision.kind === 'refuse_different') return await refuseDifferent(flow, grant)
    const linkId = decision.kind === 'create' ? pending.linkId : decision.link.linkId
    await seal(flow, attempt, pending, { linkId, athleteId, status: 'active' }, grant)
    if (await commit(flow, attempt, pending, decision)) return
    const { deleted } = await dropTokens(flow, linkId)
    // An unlink of that link has taken them, and the grant with them: no link can be made of it.
    if (!deleted) throw new RefusalError('link_expired')
  }
  throw tooContended()
}

/**
 * Mobile, at the return from Strava: tokens are sealed, nothing is activated. Only where this athlete has this very
 * account linked already do they replace those of the link at once: the pair was proven before, and the old tokens may
 * have died by this exchange. The attempt then names the link that completion will make or renew.
 */
export const sealForApp = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  pending: PendingLink,
  grant: StravaGrant,
): Promise<void> => {
  const { athleteId } = attempt
  const decision = await decide(flow, athleteId, pending.stravaAthleteId)
  if (decision.kind === 'refuse_in_use') return await refuseInUse(flow, attempt, pending, grant, decision.holder)
  if (decision.kind === 'refuse_different') return await refuseDifferent(flow, grant)
  const [linkId, status] =
    decision.kind === 'create' ? ([pending.linkId, 'pending'] as const) : ([decision.link.linkId, 'active'] as const)
  await seal(flow, attempt, pending, { linkId, athleteId, status }, grant)
}

/** Mobile, when the app has proven itself: the pending grant becomes the link. */
export const linkPending = async (flow: LinkFlow, attempt: LinkAttempt, pending: PendingLink): Promise<void> => {
  for (let round = 1; round <= maxRounds; round++) {
    const decision = await decide(flow, attempt.athleteId, pending.stravaAthleteId)
    if (decision.kind === 'refuse_in_use') {
      await dropTokens(flow, pending.linkId)
      throw new RefusalError('strava_account_in_use')
    }
    if (decision.kind === 'refuse_different') {
      await takeBack(flow, pending.linkId)
      throw new RefusalError('different_strava_account')
    }
    // Sealed for a link that was unlinked since. Made again under its id, it would be removed by the unlink's sweep.
    if (decision.kind === 'create' && (await flow.receipts.existsFor(pending.linkId))) {
      await takeBack(flow, pending.linkId)
      throw new RefusalError('result_invalid')
    }
    if (decision.kind === 'create' && !(await flow.vault.activate(pending.linkId))) {
      throw new RefusalError('result_invalid')
    }
    // Linked by another attempt while this one waited: that link has its own tokens.
    if (decision.kind === 'renew' && decision.link.linkId !== pending.linkId) await dropTokens(flow, pending.linkId)
    if (await commit(flow, attempt, pending, decision)) return
  }
  throw tooContended()
}

/** Revokes a grant that became no link, and deletes its tokens. Rejects, keeping them, when Strava cannot be reached. */
export const takeBack = ({ vault, oauth }: Pick<LinkFlow, 'vault' | 'oauth'>, linkId: string) =>
  vault.release(linkId, (refreshToken) => oauth.revoke({ token: new Secret(refreshToken) }))

/** Deletes the tokens of a grant whose account is linked otherwise, without touching that link's grant at Strava. */
export const dropTokens = (flow: Pick<LinkFlow, 'vault'>, linkId: string) => flow.vault.release(linkId, async () => {})
