import { type Receipt, receiptListSchema } from '@slipstream/contracts'
import type { ErasureRow } from '@slipstream/records'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { anna, forgetLinks, linkOnWeb } from './support/linking.ts'
import { storedLink } from './support/stored.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

/** What becomes of the data of a grant that stays dead: seven days later a receipt is opened, and the link stays. */

const dayMs = 86_400_000
const farOff = () => ({ claims: { exp: Math.floor(Date.now() / 1000) + 400 * 86_400 } })

const die = async ({ store, clock }: System) => {
  const at = clock.now()
  const death = { diedAt: at, turnedAt: at, afterDeath: { nextTryAt: at, attempts: 0 } }
  await store.collections.credentials.updateMany({}, { $set: { status: 'dead', ...death } })
}
const statusOf = (athlete: SignedIn) => athlete.json('GET', '/api/v1/strava/status')
const isShownDead = (athlete: SignedIn) =>
  vi.waitFor(async () => expect(await statusOf(athlete)).toMatchObject({ status: 'reauth_required' }))
const receiptsOf = async (athlete: SignedIn): Promise<Receipt[]> =>
  receiptListSchema.parse(await athlete.json('GET', '/api/v1/strava/receipts')).items

describe('with the data policy', () => {
  let system: System
  let athlete: SignedIn
  beforeAll(async () => {
    system = await startSystem()
    athlete = await system.signIn('anna', farOff())
  })
  beforeEach(() => forgetLinks(system))
  afterAll(() => system.stop())

  const receipt = async () => {
    const [found, ...others] = await vi.waitFor(async () => {
      const receipts = await receiptsOf(athlete)
      expect(receipts.length).toBeGreaterThan(0)
      return receipts
    })
    expect(others).toEqual([])
    return found as Receipt
  }
  const outboxOf = async () => (await system.store.collections.receipts.find({}).lean()).flatMap(({ outbox }) => outbox)

  /** As ingestion answers, with its event lost. */
  const erase = async ({ receiptId }: Receipt) => {
    const row = await system.store.collections.receipts.findById(receiptId).lean()
    const { athleteId, linkId, requestedAt } = row!
    await system.store.connection.collection<ErasureRow>('erasures').insertOne({
      ...{ _id: receiptId, athleteId, linkId, requestedAt, upToTicket: 3 },
      ...{ deleted: { workouts: 7, sync_runs: 2 }, deleting: null, step: 4, attempts: 0, nextTryAt: null },
      ...{ erasedAt: system.clock.now(), lookAgainAt: null, outbox: [] },
    })
  }

  test('a receipt is opened after seven days, not before, and completes; the link is left alone and nothing is told', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const link = await storedLink(system, 'anna')
    await die(system)
    await isShownDead(athlete)
    const { credentials } = system.store.collections
    const looked = () =>
      vi.waitFor(async () =>
        expect((await credentials.findById(link._id).lean())?.afterDeath?.nextTryAt.getTime()).toBeGreaterThan(
          system.clock.now().getTime(),
        ),
      )
    await looked()
    system.clock.advance(7 * dayMs - 60_000)
    await looked()
    expect(await receiptsOf(athlete)).toEqual([])
    system.clock.advance(61_000)
    const opened = await receipt()
    expect(opened).toMatchObject({ reason: 'policy', completedAt: null, revokedAtStrava: false, note: null })
    await erase(opened)
    await vi.waitFor(async () => expect((await receipt()).completedAt).not.toBeNull())
    expect(await receipt()).toMatchObject({ deleted: { workouts: 7, sync_runs: 2 } })
    expect(await outboxOf()).toEqual([])
    expect(await storedLink(system, 'anna')).toMatchObject({ _id: link._id, status: 'reauth_required' })
    expect(await credentials.countDocuments()).toBe(1)
  })

  test('is opened once for each death, and unlinking has one of its own', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const link = await storedLink(system, 'anna')
    for (const deaths of [1, 2]) {
      await die(system)
      await isShownDead(athlete)
      system.clock.advance(7 * dayMs + 1_000)
      await vi.waitFor(async () => expect(await receiptsOf(athlete)).toHaveLength(deaths))
      expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('strava=linked')
      expect(await statusOf(athlete)).toMatchObject({ status: 'active' })
      expect((await storedLink(system, 'anna'))._id).toBe(link._id)
    }
    const { receiptId } = await athlete.json('DELETE', '/api/v1/strava/link')
    const receipts = await receiptsOf(athlete)
    expect(receipts.map(({ reason }) => reason).sort()).toEqual(['policy', 'policy', 'user'])
    expect(receipts.find(({ reason }) => reason === 'user')?.receiptId).toBe(receiptId)
    expect(await system.store.collections.links.countDocuments({ _id: link._id })).toBe(0)
    const told = (await system.store.collections.receipts.findById(receiptId).lean())!
    await vi.waitFor(async () =>
      expect(await system.store.collections.receipts.findById(receiptId).lean()).toMatchObject({
        revokedAtStrava: true,
      }),
    )
    expect(told.reason).toBe('user')
    // Unlinked, and only then, there is one receipt to come back to.
    expect(await athlete.json('DELETE', '/api/v1/strava/link')).toEqual({ receiptId })
  })

  test('an open receipt of the policy is nothing that one could unlink', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    await die(system)
    await isShownDead(athlete)
    system.clock.advance(7 * dayMs + 1_000)
    await receipt()
    await system.store.collections.links.deleteMany({})
    const answer = await athlete.call('DELETE', '/api/v1/strava/link')
    expect([answer.status, await answer.json()]).toMatchObject([409, { code: 'not_linked' }])
  })
})

test('with DATA_POLICY=keep nothing of this happens', async () => {
  const system = await startSystem({ env: { DATA_POLICY: 'keep' } })
  try {
    const athlete = await system.signIn('anna', farOff())
    await linkOnWeb(system, athlete, { athlete: anna })
    await die(system)
    await isShownDead(athlete)
    system.clock.advance(8 * dayMs)
    // Turns of other sweeps, as often as this one would have had.
    for (const status of ['active', 'dead', 'active'] as const) {
      const turnedAt = system.clock.now()
      await system.store.collections.credentials.updateMany({}, { $set: { status, turnedAt } })
      const shown = status === 'dead' ? 'reauth_required' : 'active'
      await vi.waitFor(async () => expect(await statusOf(athlete)).toMatchObject({ status: shown }))
    }
    expect(await receiptsOf(athlete)).toEqual([])
  } finally {
    await system.stop()
  }
})
