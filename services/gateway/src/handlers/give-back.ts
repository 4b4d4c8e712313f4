import type { PendingLink } from '@slipstream/records'
import { StravaError, type StravaGrant } from '@slipstream/strava'
import { hasNeededScopes, requestedScopes } from '../domain/link-decision.ts'
import type { LinkAttempt } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import { giveUp, mayServe, takeUp } from './establish-link.ts'
import type { LinkFlow } from './link-flow.ts'

/**
 * A grant with all that has to be known of it. What Strava has not said is asked for: whose it is, and whether it permits to read
 * activities. Of the scopes that are asked for only `activity:read_all` does, so one list that is not refused shows that none
 * was unticked; where Strava cannot be asked, the athlete's own first sync finds out. Null where nobody can tell whose grant it
 * is: then it may be another athlete's, and must not be revoked.
 * @param scopes what the return said was granted; null: nothing
 */
export const knowGrant = async (
  flow: LinkFlow,
  { athleteId }: LinkAttempt,
  grant: StravaGrant,
  scopes: string[] | null,
): Promise<PendingLink | null> => {
  const asking = { accessToken: grant.accessToken, athleteId }
  const [athlete, hasEnough] = await Promise.all([
    grant.athlete ?? flow.proof.athleteOf(asking),
    scopes ? hasNeededScopes(scopes) : flow.proof.readsActivities(asking),
  ])
  if (!athlete) {
    flow.facts.grantLeftAtStrava(new Error('Strava does not say whose grant it is'))
    return null
  }
  return {
    linkId: flow.newId('lnk'),
    stravaAthleteId: athlete.stravaAthleteId,
    displayName: athlete.displayName ?? '',
    scopes: scopes ?? (hasEnough === false ? ['read'] : [...requestedScopes]),
  }
}

/**
 * Ends a grant that was given and is not kept: to Strava its athlete is connected, and takes a place. Where the account has a link
 * it is left alone, since revoking would cut that off; the tokens go there, if they may serve it, as they may be all that is
 * left of the link's.
 * @param waiting what the same attempt has for the app: a later consent to the same account only renews it
 * @returns whether it serves a link of this athlete, or one that waits
 */
export const giveBack = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  pending: PendingLink,
  grant: StravaGrant,
  waiting: PendingLink | null = null,
): Promise<boolean> => {
  const { athleteId } = attempt
  const holder = await flow.links.ofAccount(pending.stravaAthleteId)
  if (holder) {
    const { linkId } = holder
    if (!(await mayServe(flow, attempt, pending, holder, grant))) return false
    await takeUp(flow, attempt, pending, { linkId, athleteId: holder.athleteId, status: 'active' }, grant)
    // Unlinked meanwhile: then these tokens may have come after its own were taken.
    if (!(await flow.links.find(linkId))) await giveUp(flow, holder)
    return holder.athleteId === athleteId
  }
  const isRenewal = waiting?.stravaAthleteId === pending.stravaAthleteId && hasNeededScopes(pending.scopes)
  const linkId = isRenewal ? waiting.linkId : pending.linkId
  await takeUp(flow, attempt, pending, { linkId, athleteId, status: 'pending' }, grant)
  if (!isRenewal) await giveUp(flow, { linkId, athleteId })
  // Completed meanwhile: what was put there as waiting is the link's.
  else if (await flow.links.find(linkId)) await flow.vault.activate(linkId)
  return isRenewal
}

/**
 * The same for a code that no link is to come of. What the athlete is told does not depend on it.
 * @returns as `giveBack`
 */
export const giveBackCode = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  { code, scopes }: { code: string; scopes: string[] | null },
  waiting: PendingLink | null = null,
): Promise<boolean> => {
  try {
    const grant = await flow.oauth.exchangeCode(code)
    const pending = await knowGrant(flow, attempt, grant, scopes)
    return pending !== null && (await giveBack(flow, attempt, pending, grant, waiting))
  } catch (error) {
    // A refusal: the grant has ended already, together with an earlier one.
    if (!(error instanceof StravaError || error instanceof RefusalError)) throw error
    flow.facts.grantLeftAtStrava(error)
    return false
  }
}
