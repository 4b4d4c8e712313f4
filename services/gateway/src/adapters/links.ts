import { storedLinkStatuses } from '@slipstream/contracts'
import { type Collections, isDuplicateKey } from '@slipstream/persistence'
import { type LinkRow, named } from '@slipstream/records'
import { inBatches } from '@slipstream/runtime'
import type { Link } from '../domain/model.ts'
import { personWithinMs, webhookWithinMs } from '../domain/patience.ts'
import { LinkConflictError, type Links } from '../domain/ports.ts'

const toLink = (found: LinkRow): Link => named(found, 'linkId')

const toLinkOrNull = (found: LinkRow | null): Link | null => found && toLink(found)

export const createLinks = (links: Collections<'gateway'>['links']): Links => ({
  find: async (linkId) => toLinkOrNull(await links.findById(linkId).lean()),
  ofAthlete: inBatches(
    async (athleteIds: readonly string[]) => {
      const found = await links.find({ athleteId: { $in: [...athleteIds] } }).lean()
      const byAthlete = new Map(found.map((link) => [link.athleteId, toLink(link)]))
      return athleteIds.map((athleteId) => byAthlete.get(athleteId) ?? null)
    },
    { limitMs: personWithinMs },
  ),
  ofAccount: inBatches(
    async (stravaAthleteIds: readonly string[]) => {
      const found = await links.find({ stravaAthleteId: { $in: [...stravaAthleteIds] } }).lean()
      const byAccount = new Map(found.map((link) => [link.stravaAthleteId, toLink(link)]))
      return stravaAthleteIds.map((stravaAthleteId) => byAccount.get(stravaAthleteId) ?? null)
    },
    { limitMs: webhookWithinMs },
  ),
  count: () => links.countDocuments({}),
  countByStatus: async () => {
    // Nearly all links are active. The others are few and counted; the active ones are what is left of the whole, which
    // MongoDB knows without reading anything.
    const others = storedLinkStatuses.filter((status) => status !== 'active')
    const [all, ...counts] = await Promise.all([
      links.estimatedDocumentCount(),
      ...others.map((status) => links.countDocuments({ status })),
    ])
    const active = Math.max(
      0,
      counts.reduce((rest, count) => rest - count, all),
    )
    return { active, ...Object.fromEntries(others.map((status, index) => [status, counts[index] ?? 0])) }
  },

  create: async ({ linkId, ...link }, event) => {
    try {
      await links.create({
        _id: linkId,
        ...link,
        status: 'active',
        statusSince: link.linkedAt,
        errorCode: null,
        manualSync: null,
        outbox: [event],
      })
    } catch (error) {
      if (isDuplicateKey(error)) throw new LinkConflictError('athlete or account is linked', { cause: error })
      throw error
    }
  },

  renew: async (linkId, granted, event, now) => {
    const { matchedCount } = await links.updateOne(
      { _id: linkId },
      { $set: { ...granted, status: 'active', statusSince: now, errorCode: null }, $push: { outbox: event } },
    )
    return matchedCount === 1
  },

  askSync: async (linkId, replacing, event) => {
    const { runId, requestedAt } = event.data
    const { matchedCount } = await links.updateOne(
      {
        _id: linkId,
        status: 'active',
        ...(replacing === null ? { manualSync: null } : { 'manualSync.runId': replacing }),
      },
      { $set: { manualSync: { runId, requestedAt: new Date(requestedAt) } }, $push: { outbox: event } },
    )
    return matchedCount === 1
  },

  takeRevocationLook: async (linkId, now, next) => {
    const isDue = { $or: [{ nextRevocationLookAt: null }, { nextRevocationLookAt: { $lte: now } }] }
    const { matchedCount } = await links.updateOne({ _id: linkId, ...isDue }, { $set: { nextRevocationLookAt: next } })
    return matchedCount === 1
  },

  postponeRevocationLook: async (linkId, next) => {
    await links.updateOne({ _id: linkId }, { $set: { nextRevocationLookAt: next } })
  },

  requireReauth: async (linkId, code, since) => {
    const { modifiedCount } = await links.updateOne(
      { _id: linkId, status: 'active', statusSince: { $lte: since } },
      { $set: { status: 'reauth_required', statusSince: since, errorCode: code } },
    )
    return modifiedCount === 1
  },

  revive: async (linkId, event, now) => {
    const { matchedCount } = await links.updateOne(
      { _id: linkId, status: 'reauth_required', errorCode: 'reauth_required' },
      { $set: { status: 'active', statusSince: now, errorCode: null }, $push: { outbox: event } },
    )
    return matchedCount === 1
  },

  remove: async (linkId) => {
    await links.deleteOne({ _id: linkId })
  },
})
