import type { PendingLink } from '@slipstream/records'
import type { StravaGrant } from '@slipstream/strava'
import { coversScopes, decideLink } from '../domain/link-decision.ts'
import type { Link, LinkAttempt } from '../domain/model.ts'
import { LinkConflictError } from '../domain/ports.ts'
import { RefusalError } from '../domain/refusal.ts'
import { type LinkFlow, linkedEvent } from './link-flow.ts'
import { endRevokedLink } from './unlink.ts'

/** Two attempts that end at the same moment: the loser finds the winner's link when it looks again. */
const maxRounds = 3

/** How long a revocation under way is waited for; it is not repeated after the account has been given again. */
const revocationPatienceMs = 10_000

/** A link whose unlinking was interrupted is ended first: given new life, it would be ended with that. */
const unlessEnded = async ({ receipts, wipe }: LinkFlow, link: Link | null): Promise<Link | null> => {
  const receipt = link && (await receipts.endOf(link.linkId))
  if (receipt) await wipe(receipt)
  return receipt ? null : link
}

const decide = async (flow: LinkFlow, athleteId: string, stravaAthleteId: string) => {
  const own = await unlessEnded(flow, await flow.links.ofAthlete(athleteId))
  const ofAccount = await flow.links.ofAccount(stravaAthleteId)
  const decision = decideLink({ athleteId, stravaAthleteId, own, ofAccount })
  // Its grant has come back, and the link does not say so yet.
  const isWrong = decision.kind === 'replace' && (await flow.vault.isActive(decision.link.linkId))
  return isWrong ? ({ kind: 'refuse_different' } as const) : decision
}

/** Makes the link, or gives the one that is there new life; false when another attempt came in between. */
const commit = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  pending: PendingLink,
  decision: { kind: 'create' | 'replace' } | { kind: 'renew'; link: { linkId: string } },
): Promise<boolean> => {
  const now = flow.clock.now()
  const { displayName, scopes } = pending
  const linkId = decision.kind === 'renew' ? decision.link.linkId : pending.linkId
  const link = { ...pending, linkId, athleteId: attempt.athleteId, linkedAt: now }
  const event = linkedEvent(link, flow, now)
  try {
    if (decision.kind !== 'renew') await flow.links.create(link, event)
    else if (!(await flow.links.renew(linkId, { displayName, scopes }, event, now))) return false
  } catch (error) {
    if (error instanceof LinkConflictError) return false
    throw error
  }
  flow.nudge()
  flow.facts.linked({ platform: attempt.platform, linkId, renewed: decision.kind === 'renew' })
  return true
}

type Owner = { linkId: string; athleteId: string; status: 'pending' | 'active' }

/** Ends a grant that became no link. Where nobody holds its account it is revoked, now or by the sweep. */
export const giveUp = (flow: LinkFlow, link: { linkId: string; athleteId: string }) => flow.revocations.end(link)

/** @throws RefusalError when the grant is known to have been revoked meanwhile, together with an earlier one */
const prove = async (flow: LinkFlow, grant: StravaGrant, owner: { linkId: string; athleteId: string }) => {
  if (await flow.proof.isAlive({ accessToken: grant.accessToken, athleteId: owner.athleteId })) return
  if (!(await flow.links.find(owner.linkId))) await giveUp(flow, owner)
  throw new RefusalError('link_expired')
}

/**
 * Takes the grant up for a link, its own or the one it is about to become. The attempt names that link first: should it
 * have ended meanwhile, with whoever would have deleted the tokens gone by, the sweep finds them there. A revocation that
 * the account owed is cancelled by this; one whose call had left is waited for, and may have taken this grant, too.
 */
export const takeUp = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  pending: PendingLink,
  owner: Owner,
  grant: StravaGrant,
): Promise<void> => {
  const { stravaAthleteId } = pending
  await flow.attempts.recordGrant(attempt.id, { ...pending, linkId: owner.linkId }, flow.clock.now())
  const { accountId, isRevocationUnderWay } = await flow.vault.begin({ ...owner, stravaAthleteId, tokens: grant })
  if (isRevocationUnderWay) {
    await flow.vault.waitForRevocation(accountId, revocationPatienceMs)
    await prove(flow, grant, owner)
  }
  flow.revocations.begin(accountId)
}

/**
 * Whether tokens may take the place of those that a link of their account has. The scopes of the return are the word of a browser,
 * and absent ones are a guess: enough for who harms nobody but themselves. In another athlete's link tokens of too little
 * would break it, so there Strava itself has to list activities with them first.
 */
export const mayServe = async (
  { proof }: LinkFlow,
  { athleteId }: LinkAttempt,
  { scopes }: PendingLink,
  holder: Link,
  { accessToken }: StravaGrant,
): Promise<boolean> => {
  if (!coversScopes(scopes, holder.scopes)) return false
  return holder.athleteId === athleteId || (await proof.readsActivities({ accessToken, athleteId })) === true
}

/**
 * Refuses a grant whose Strava account is linked to another athlete. It is not revoked: Strava knows one grant per
 * account and app, so that would cut off the athlete who has it. For the same reason the tokens go to that athlete's
 * link, if they may serve it: where Strava replaced the ones there, these are all that is left. Nothing else of the
 * link changes.
 * @param grant absent where it has waited for the app: then its tokens are not proven any more, and are dropped
 */
const refuseInUse = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  pending: PendingLink,
  holder: Link,
  grant?: StravaGrant,
) => {
  const { linkId, athleteId } = holder
  const areTokensWanted = grant !== undefined && (await mayServe(flow, attempt, pending, holder, grant))
  const wasTakenUp = await flow.vault.handOver(pending.linkId, { linkId, athleteId, areTokensWanted })
  if (!wasTakenUp && areTokensWanted) {
    await takeUp(flow, attempt, pending, { linkId, athleteId, status: 'active' }, grant)
  }
  // Unlinked meanwhile: then these tokens may have come after its own were taken.
  if (!(await flow.links.find(linkId))) await giveUp(flow, holder)
  throw new RefusalError('strava_account_in_use')
}

/** Refuses a second Strava account of the same athlete; the grant, of no use to anyone, is revoked. */
const refuseDifferent = async (flow: LinkFlow, attempt: LinkAttempt, pending: PendingLink, grant: StravaGrant) => {
  const { linkId } = pending
  const { athleteId } = attempt
  await takeUp(flow, attempt, pending, { linkId, athleteId, status: 'pending' }, grant)
  await giveUp(flow, { linkId, athleteId })
  throw new RefusalError('different_strava_account')
}

/** The link that was to be renewed is gone: nothing may stay with it. */
const moveToNewLink = async (flow: LinkFlow, attempt: LinkAttempt, pending: PendingLink, goneLinkId: string) => {
  const { linkId } = pending
  const { athleteId } = attempt
  await flow.attempts.recordGrant(attempt.id, pending, flow.clock.now())
  await flow.vault.handOver(goneLinkId, { linkId, athleteId, areTokensWanted: true })
}

const tooContended = () => new LinkConflictError('other attempts of this athlete or account keep coming in between')

/** The receipt of the athlete's earlier link, if that ended for this one. */
interface Linked {
  receiptId: string | null
}

/**
 * Web: the athlete is present in the browser that began, so the grant becomes the link at once. Tokens are stored
 * first: a link without tokens would be broken, tokens without a link are swept.
 */
export const linkAtOnce = async (
  flow: LinkFlow,
  attempt: LinkAttempt,
  pending: PendingLink,
  grant: StravaGrant,
): Promise<Linked> => {
  const { athleteId } = attempt
  let receiptId: string | null = null
  for (let round = 1; round <= maxRounds; round++) {
    const decision = await decide(flow, athleteId, pending.stravaAthleteId)
    if (decision.kind === 'refuse_in_use') return await refuseInUse(flow, attempt, pending, decision.holder, grant)
    if (decision.kind === 'refuse_different') return await refuseDifferent(flow, attempt, pending, grant)
    const linkId = decision.kind === 'renew' ? decision.link.linkId : pending.linkId
    // Taken up in an earlier round for a link of its own, while another attempt of this athlete made one.
    const isHandedOver =
      linkId !== pending.linkId &&
      (await flow.vault.handOver(pending.linkId, { linkId, athleteId, areTokensWanted: true }))
    if (!isHandedOver) await takeUp(flow, attempt, pending, { linkId, athleteId, status: 'active' }, grant)
    // Something came in between, and it may have been an unlink that took this grant with it.
    if (round > 1) await prove(flow, grant, { linkId, athleteId })
    if (decision.kind === 'replace') receiptId = await endRevokedLink(flow, decision.link)
    if (await commit(flow, attempt, pending, decision)) return { receiptId }
    if (decision.kind === 'renew') await moveToNewLink(flow, attempt, pending, linkId)
  }
  throw tooContended()
}

/**
 * Mobile, at the return from Strava: tokens are stored, nothing is activated. Only where this athlete has this very
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
  if (decision.kind === 'refuse_in_use') return await refuseInUse(flow, attempt, pending, decision.holder, grant)
  if (decision.kind === 'refuse_different') return await refuseDifferent(flow, attempt, pending, grant)
  const [linkId, status] =
    decision.kind === 'renew' ? ([decision.link.linkId, 'active'] as const) : ([pending.linkId, 'pending'] as const)
  await takeUp(flow, attempt, pending, { linkId, athleteId, status }, grant)
}

/** Mobile, when the app has proven itself: the pending grant becomes the link. */
export const linkPending = async (flow: LinkFlow, attempt: LinkAttempt, pending: PendingLink): Promise<Linked> => {
  const { linkId } = pending
  const { athleteId } = attempt
  let receiptId: string | null = null
  for (let round = 1; round <= maxRounds; round++) {
    const decision = await decide(flow, athleteId, pending.stravaAthleteId)
    if (decision.kind === 'refuse_in_use') return await refuseInUse(flow, attempt, pending, decision.holder)
    if (decision.kind === 'refuse_different') {
      await giveUp(flow, { linkId, athleteId })
      throw new RefusalError('different_strava_account')
    }
    // Sealed for a link that was unlinked since: made again under its id, it would be removed by the unlink's sweep. Or
    // not to be activated: a later consent has the account.
    if (decision.kind !== 'renew' && ((await flow.receipts.endOf(linkId)) || !(await flow.vault.activate(linkId)))) {
      await giveUp(flow, { linkId, athleteId })
      throw new RefusalError('result_invalid')
    }
    // Linked by another attempt while this one waited: the tokens of the later consent stay.
    if (decision.kind === 'renew' && decision.link.linkId !== linkId) {
      await flow.vault.handOver(linkId, { ...decision.link, areTokensWanted: true })
    }
    if (decision.kind === 'replace') receiptId = await endRevokedLink(flow, decision.link)
    if (await commit(flow, attempt, pending, decision)) return { receiptId }
  }
  throw tooContended()
}
