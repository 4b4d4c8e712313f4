import type { Gate } from '@slipstream/gate'
import { backoffMs, type Clock, type NewId } from '@slipstream/runtime'
import type { GrantVault } from '@slipstream/vault'
import type { Link } from '../domain/model.ts'
import type { AthleteNotice, Inbox, Links, Receipts } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'
import { unlinkedEvent } from '../handlers/unlink.ts'
import type { UnlinkWorker } from './receipts.ts'

export interface DeauthorisationDeps {
  inbox: Pick<Inbox, 'ofAthletes' | 'settle' | 'settleOne' | 'postpone' | 'lastSettledAt' | 'postponeOf'>
  links: Pick<Links, 'find'>
  receipts: Pick<Receipts, 'open'>
  strava: Pick<Gate, 'getAthlete'>
  vault: Pick<GrantVault, 'isActive'>
  wipe: UnlinkWorker['wipe']
  clock: Clock
  newId: NewId
  nudge(): void
  facts: Pick<Facts, 'rowFailed' | 'revokedAtStrava'>
}

/** A call takes up to 10 s, and they are made one after the other. */
const batchSize = 20
/** Whoever pushes in an athlete's name causes ten calls an hour. */
const betweenLooksMs = 6 * 60_000
const pauses = { firstMs: 30_000, longestMs: 3_600_000 }

/** An *update* is what is documented, a *delete* what some have seen. */
const saysRevoked = ({ aspectType, updates }: AthleteNotice): boolean =>
  aspectType === 'delete' || updates.authorized === 'false'

/** A grant that was lost for another reason long ago is no proof that the athlete has revoked it now. */
const sameLossMs = 60 * 60_000

const wasLostBefore = ({ status, statusSince }: Link, { receivedAt }: AthleteNotice): boolean =>
  status !== 'active' && receivedAt.getTime() - statusSince.getTime() > sameLossMs

/**
 * Finds out whether athletes have revoked the app at Strava, as webhooks say: whoever knows the address could say so. Strava is
 * asked for the athlete; only a grant that is refused for good ends the link. Bound of a turn: 20 notices, and of a link one call in
 * six minutes.
 */
export const confirmDeauthorisations = (deps: DeauthorisationDeps) => {
  const { inbox, links, receipts, strava, vault, wipe, clock, newId, nudge, facts } = deps

  const endLink = async ({ athleteId, linkId }: Link): Promise<void> => {
    const requestedAt = clock.now()
    const wanted = { athleteId, linkId, reason: 'revoked_at_strava', receiptId: newId('rcp'), requestedAt } as const
    const receipt = await receipts.open(wanted, unlinkedEvent(wanted, { newId }, requestedAt))
    await wipe(receipt)
    nudge()
    facts.revokedAtStrava({ linkId, receiptId: receipt.receiptId })
  }

  /** Until when it cannot be known; null when it is. */
  const findOut = async (notice: AthleteNotice, signal: AbortSignal): Promise<Date | null> => {
    const link = await links.find(notice.linkId)
    if (!link || wasLostBefore(link, notice)) return null
    const { athleteId, linkId } = link
    const outcome = await strava.getAthlete({ athleteId, linkId, lane: 'realtime', signal })
    switch (outcome.kind) {
      case 'grant_lost':
        // The athlete may have consented again while Strava was asked.
        if (outcome.code === 'reauth_required' && !(await vault.isActive(linkId))) await endLink(link)
        return null
      case 'wait':
        return outcome.until
      case 'failed':
        return new Date(clock.now().getTime() + backoffMs(pauses, (notice.attempts ?? 0) + 1))
      case 'answered':
      case 'no_token':
        return null
    }
  }

  /** One at a time: what comes meanwhile is this one's, or the next turn's. */
  let isLooking = false

  /** Until when nobody looks again at a link that was looked at; null: somebody may. */
  const opensAt = async (linkId: string): Promise<Date | null> => {
    const settledAt = await inbox.lastSettledAt(linkId)
    const until = settledAt && new Date(settledAt.getTime() + betweenLooksMs)
    return until && until > clock.now() ? until : null
  }

  const lookAt = async (notice: AthleteNotice, signal: AbortSignal): Promise<void> => {
    const { _id, linkId } = notice
    const attempts = (notice.attempts ?? 0) + 1
    try {
      const later = await opensAt(linkId)
      if (later) return await inbox.postponeOf(linkId, later)
      const lookedAt = clock.now()
      const until = await findOut(notice, signal)
      if (until) await inbox.postpone(_id, attempts, until)
      else await inbox.settle(linkId, lookedAt, clock.now())
    } catch (error) {
      facts.rowFailed('deauthorisations', error)
      await inbox.postpone(_id, attempts, new Date(clock.now().getTime() + backoffMs(pauses, attempts)))
    }
  }

  const look = async (signal: AbortSignal): Promise<void> => {
    const notices = await inbox.ofAthletes(clock.now(), batchSize)
    for (const { _id } of notices.filter((notice) => !saysRevoked(notice))) await inbox.settleOne(_id, clock.now())
    // One of each link: what becomes of it becomes of the others.
    for (const [notice] of Map.groupBy(notices.filter(saysRevoked), ({ linkId }) => linkId).values()) {
      if (signal.aborted || !notice) return
      await lookAt(notice, signal)
    }
  }

  return async (signal: AbortSignal): Promise<void> => {
    if (isLooking) return
    isLooking = true
    try {
      await look(signal)
    } finally {
      isLooking = false
    }
  }
}
