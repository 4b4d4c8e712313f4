import type { Gate } from '@slipstream/gate'
import { backoffUntil, type Clock, type NewId } from '@slipstream/runtime'
import type { GrantVault } from '@slipstream/vault'
import type { AthleteNotice, Inbox, Links, Receipts } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'
import { endRevokedLink } from '../handlers/unlink.ts'
import type { UnlinkWorker } from './receipts.ts'

export interface DeauthorisationDeps {
  inbox: Pick<Inbox, 'dueOfAthletes' | 'settle' | 'postpone'>
  links: Pick<Links, 'find' | 'takeRevocationLook' | 'postponeRevocationLook'>
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
const mostLooks = 20
/** Whoever pushes in an athlete's name causes ten calls an hour. */
const betweenLooksMs = 6 * 60_000
const pauses = { firstMs: 30_000, longestMs: 3_600_000 }

/**
 * Finds out whether athletes have revoked the app at Strava, as webhooks say: whoever knows the address could say so. Strava is
 * asked for the athlete; only a grant that it refuses for good, now or before, ends the link, whatever state that is in. A permission
 * that is missing is no such refusal.
 *
 * Bound of a turn: 20 links. Bound of a link: one look in six minutes, which the link's row gives to one replica, and which answers
 * for all that was said before it. What is said meanwhile is stored to be looked at when the next look is due, and costs nothing.
 */
export const confirmDeauthorisations = (deps: DeauthorisationDeps) => {
  const { inbox, links, strava, vault, clock, facts } = deps

  const inAWhile = (attempts: number) => backoffUntil(clock.now(), pauses, attempts)

  /** Until when it cannot be known; null when it is. */
  const findOut = async (notice: AthleteNotice, attempts: number, signal: AbortSignal): Promise<Date | null> => {
    const { athleteId, linkId } = notice
    const outcome = await strava.getAthlete({ athleteId, linkId, lane: 'realtime', signal })
    switch (outcome.kind) {
      case 'grant_lost':
        // The athlete may have consented again while Strava was asked.
        if (outcome.code === 'reauth_required' && !(await vault.isActive(linkId))) await endRevokedLink(deps, notice)
        return null
      case 'wait':
        return outcome.until
      case 'failed':
        return inAWhile(attempts)
      case 'answered':
      case 'no_token':
        return null
    }
  }

  /** Another has the look, or had it: what was said waits for the next one. */
  const leaveToNextLook = async ({ linkId, attempts = 0 }: AthleteNotice): Promise<void> => {
    const link = await links.find(linkId)
    if (link?.nextRevocationLookAt) await inbox.postpone(linkId, { attempts, nextTryAt: link.nextRevocationLookAt })
    else await inbox.settle(linkId, clock.now(), clock.now())
  }

  const lookAt = async (notice: AthleteNotice, signal: AbortSignal): Promise<void> => {
    const { linkId } = notice
    const attempts = (notice.attempts ?? 0) + 1
    try {
      const lookedAt = clock.now()
      const next = new Date(lookedAt.getTime() + betweenLooksMs)
      if (!(await links.takeRevocationLook(linkId, lookedAt, next))) return await leaveToNextLook(notice)
      const until = await findOut(notice, attempts, signal)
      if (!until) return await inbox.settle(linkId, lookedAt, clock.now())
      await links.postponeRevocationLook(linkId, until)
      await inbox.postpone(linkId, { attempts, nextTryAt: until })
    } catch (error) {
      facts.rowFailed('deauthorisations', error)
      await inbox.postpone(linkId, { attempts, nextTryAt: inAWhile(attempts) })
    }
  }

  const look = async (signal: AbortSignal): Promise<void> => {
    for (let looks = 0; looks < mostLooks && !signal.aborted; looks += 1) {
      const notice = await inbox.dueOfAthletes(clock.now())
      if (!notice) return
      await lookAt(notice, signal)
    }
  }

  /** One at a time: what comes meanwhile is this one's, or the next turn's. */
  let isLooking = false

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
