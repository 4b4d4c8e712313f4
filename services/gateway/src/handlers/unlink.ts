import type { Receipt, ReceiptList } from '@slipstream/contracts'
import { newEvent } from '@slipstream/messaging'
import type { Clock, NewId } from '@slipstream/runtime'
import type { Link, UnlinkReceipt } from '../domain/model.ts'
import type { Links, Receipts } from '../domain/ports.ts'
import { RefusalError } from '../domain/refusal.ts'
import { readId } from '../http/read.ts'
import type { AthleteRoute, OperatorRoute } from '../http/route.ts'

export interface UnlinkDeps {
  links: Pick<Links, 'ofAthlete'>
  receipts: Pick<Receipts, 'open' | 'find' | 'newest' | 'incompleteOf'>
  clock: Clock
  newId: NewId
  nudge(): void
  /** Removes the link and ends its grant; see sweeps/receipts.ts. */
  wipe(receipt: UnlinkReceipt): Promise<void>
  facts: { unlinkAsked(fact: { receiptId: string; linkId: string }): void }
}

export const unlinkedEvent = (
  receipt: Pick<UnlinkReceipt, 'athleteId' | 'linkId' | 'reason' | 'receiptId' | 'requestedAt'>,
  { newId }: Pick<UnlinkDeps, 'newId'>,
  now: Date,
) => {
  const { athleteId, linkId, reason, receiptId, requestedAt } = receipt
  const data = { athleteId, linkId, reason, receiptId, unlinkedAt: requestedAt.toISOString() }
  return newEvent('athlete.unlinked', data, { id: newId('evt'), now })
}

type EndDeps = Pick<UnlinkDeps, 'clock' | 'newId' | 'nudge' | 'wipe'> & {
  receipts: Pick<Receipts, 'open'>
  facts: { revokedAtStrava(fact: { linkId: string; receiptId: string }): void }
}

/** Ends a link whose grant Strava accepts no more, as an unlink would. @returns its receipt */
export const endRevokedLink = async (deps: EndDeps, link: Pick<Link, 'athleteId' | 'linkId'>): Promise<string> => {
  const { receipts, clock, newId, nudge, wipe, facts } = deps
  const { athleteId, linkId } = link
  const requestedAt = clock.now()
  const wanted = { athleteId, linkId, reason: 'revoked_at_strava', receiptId: newId('rcp'), requestedAt } as const
  const receipt = await receipts.open(wanted, unlinkedEvent(wanted, { newId }, requestedAt))
  await wipe(receipt)
  nudge()
  facts.revokedAtStrava({ linkId, receiptId: receipt.receiptId })
  return receipt.receiptId
}

/**
 * The receipt and its event are one write and come first: from then on everything else happens, whatever crashes.
 * Unlinking again before it is complete gives the same receipt.
 */
const openReceipt = async (
  { links, receipts, clock, newId }: UnlinkDeps,
  athleteId: string,
): Promise<UnlinkReceipt> => {
  const link = await links.ofAthlete(athleteId)
  if (!link) {
    const earlier = await receipts.incompleteOf(athleteId)
    if (earlier) return earlier
    throw new RefusalError('not_linked')
  }
  const now = clock.now()
  const wanted = { athleteId, linkId: link.linkId, reason: 'user', receiptId: newId('rcp'), requestedAt: now } as const
  return await receipts.open(wanted, unlinkedEvent(wanted, { newId }, now))
}

/** Nobody unlinks more often; whoever does finds each by its id. */
export const mostReceipts = 100

/** Where athletes see, and end, what they have given applications access to. */
const stravaSettingsUrl = 'https://www.strava.com/settings/apps'

export const toReceipt = (receipt: UnlinkReceipt): Receipt => ({
  receiptId: receipt.receiptId,
  reason: receipt.reason,
  requestedAt: receipt.requestedAt.toISOString(),
  completedAt: receipt.completedAt?.toISOString() ?? null,
  erasedAt: receipt.erasedAt?.toISOString() ?? null,
  deleted: receipt.deleted,
  revokedAtStrava: receipt.revokedAtStrava,
  note: receipt.note ?? null,
  actionUrl: receipt.note === 'check_strava' || receipt.revocationSettledAt === null ? stravaSettingsUrl : null,
})

const unlink = async (deps: UnlinkDeps, athleteId: string): Promise<string> => {
  const receipt = await openReceipt(deps, athleteId)
  deps.facts.unlinkAsked(receipt)
  await deps.wipe(receipt)
  // Not before the link is gone: who hears of the unlink must not find it still there.
  deps.nudge()
  return receipt.receiptId
}

/** On behalf of an athlete who has asked the operator: the same as if they had done it. */
export const unlinkOnBehalfRoute = (deps: UnlinkDeps): OperatorRoute => ({
  method: 'delete',
  path: '/api/v1/operator/athletes/:id/link',
  access: 'operator',
  handle: async (request, response) => {
    response.status(202).json({ receiptId: await unlink(deps, readId(request)) })
  },
})

export const unlinkRoutes = (deps: UnlinkDeps): AthleteRoute[] => [
  {
    method: 'delete',
    path: '/api/v1/strava/link',
    access: 'athlete',
    handle: async (_request, response, { athleteId }) => {
      response.status(202).json({ receiptId: await unlink(deps, athleteId) })
    },
  },
  {
    method: 'get',
    path: '/api/v1/strava/receipts',
    access: 'athlete',
    handle: async (_request, response, { athleteId }) => {
      const found = await deps.receipts.newest(athleteId, mostReceipts)
      response.json({ items: found.map(toReceipt) } satisfies ReceiptList)
    },
  },
  {
    method: 'get',
    path: '/api/v1/strava/receipts/:id',
    access: 'athlete',
    handle: async (request, response, { athleteId }) => {
      const receipt = await deps.receipts.find(readId(request), athleteId)
      if (!receipt) throw new RefusalError('not_found')
      response.json(toReceipt(receipt))
    },
  },
]
