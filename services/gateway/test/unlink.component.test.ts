import { type Receipt, receiptSchema } from '@slipstream/contracts'
import type { ErasureRow } from '@slipstream/records'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { anna, forgetLinks, linkOnWeb, passRevocationPause } from './support/linking.ts'
import { storedLink } from './support/stored.ts'
import { linesWithStack, type SignedIn, type System, startSystem } from './support/system.ts'

let system: System
let athlete: SignedIn

beforeAll(async () => {
  system = await startSystem()
  athlete = await system.signIn('anna', { claims: { exp: Math.floor(Date.now() / 1000) + 86_400 } })
})
afterEach(() => forgetLinks(system))
afterAll(() => system.stop())

const isConnected = () => system.strava.control.athletes().some(({ connected }) => connected)

/** Stands in for ingestion: answers each athlete.unlinked with what it deleted. */
const eraseWhenTold = async (deleted = { workouts: 12, sync_runs: 3 }) => {
  const bus = await system.bus()
  const told: string[] = []
  const listening = bus.listen('athlete.unlinked', '*', ({ athleteId, linkId, receiptId }) => {
    told.push(receiptId)
    const erasedAt = new Date()
    void bus.publish({
      id: `erased.${receiptId}.${told.length}`,
      type: 'athlete.erased',
      data: { athleteId, linkId, receiptId, deleted, erasedAt: erasedAt.toISOString() },
      occurredAt: erasedAt,
    })
  })
  return { told, stop: listening.stop }
}

const readReceipt = async (receiptId: string): Promise<Receipt> =>
  receiptSchema.parse(await athlete.json('GET', `/api/v1/strava/receipts/${receiptId}`))

test('unlinking ends work at once, revokes, erases, and writes a receipt', async () => {
  const eraser = await eraseWhenTold()
  await linkOnWeb(system, athlete, { athlete: anna })
  const answer = await athlete.call('DELETE', '/api/v1/strava/link')
  expect(answer.status).toBe(202)
  const { receiptId } = (await answer.json()) as { receiptId: string }
  expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'not_linked', athlete: null })

  await vi.waitFor(async () => expect((await readReceipt(receiptId)).completedAt).not.toBeNull())
  expect(await readReceipt(receiptId)).toMatchObject({
    reason: 'user',
    erasedAt: expect.any(String),
    revokedAtStrava: true,
    actionUrl: null,
    deleted: { links: 1, credentials: 1, workouts: 12, sync_runs: 3 },
  })
  expect(isConnected()).toBe(false)
  expect(await system.store.collections.credentials.countDocuments()).toBe(0)
  expect(eraser.told).toEqual([receiptId])
  eraser.stop()
})

test('erasure told twice counts once', async () => {
  const eraser = await eraseWhenTold()
  await linkOnWeb(system, athlete, { athlete: anna })
  const link = await storedLink(system, 'anna')
  const { receiptId } = await athlete.json('DELETE', '/api/v1/strava/link')
  await vi.waitFor(async () => expect((await readReceipt(receiptId)).completedAt).not.toBeNull())
  const complete = await readReceipt(receiptId)
  const bus = await system.bus()
  const data = {
    athleteId: link.athleteId,
    linkId: link._id,
    receiptId,
    deleted: { workouts: 0 },
    erasedAt: new Date().toISOString(),
  }
  await bus.publish({ id: `again.${receiptId}`, type: 'athlete.erased', data, occurredAt: new Date() })
  await vi.waitFor(() => expect(system.logLines.join('')).toContain('receipt-unknown-or-erased-before'))
  expect(await readReceipt(receiptId)).toEqual(complete)
  eraser.stop()
})

test('a receipt is its athlete’s own', async () => {
  await linkOnWeb(system, athlete, { athlete: anna })
  const { receiptId } = await athlete.json('DELETE', '/api/v1/strava/link')
  const other = await system.signIn('other')
  expect((await other.call('GET', `/api/v1/strava/receipts/${receiptId}`)).status).toBe(404)
})

test('unlinking again before it is complete gives the same receipt; afterwards there is nothing to unlink', async () => {
  await linkOnWeb(system, athlete, { athlete: anna })
  const answers = await Promise.all([1, 2, 3].map(() => athlete.json('DELETE', '/api/v1/strava/link')))
  const receiptIds = new Set(answers.map(({ receiptId }: { receiptId: string }) => receiptId))
  expect(receiptIds.size).toBe(1)
  await system.store.collections.receipts.updateMany({}, { $set: { completedAt: new Date() } })
  const after = await athlete.call('DELETE', '/api/v1/strava/link')
  expect(after.status).toBe(409)
  expect(await after.json()).toMatchObject({ code: 'not_linked' })
})

test('a grant that is dead already completes the receipt and says it was not revoked', async () => {
  const eraser = await eraseWhenTold()
  await linkOnWeb(system, athlete, { athlete: anna })
  await system.store.collections.credentials.updateMany({}, { $set: { status: 'dead' } })
  const { receiptId } = await athlete.json('DELETE', '/api/v1/strava/link')
  await vi.waitFor(async () => expect((await readReceipt(receiptId)).completedAt).not.toBeNull())
  expect(await readReceipt(receiptId)).toMatchObject({ revokedAtStrava: false, deleted: { links: 1, credentials: 1 } })
  eraser.stop()
})

const notKnown = {
  revokedAtStrava: null,
  note: 'check_strava',
  actionUrl: 'https://www.strava.com/settings/apps',
}

test('after a crash in a rotation the access token is revoked as well, or the receipt says that it is not known', async () => {
  const eraser = await eraseWhenTold()
  for (const isAccessOver of [false, true]) {
    await linkOnWeb(system, athlete, { athlete: anna })
    // Strava has replaced the refresh token, and nobody stored the new one.
    const { refreshToken } = system.strava.control.grant('anna')
    const crashed = { refreshStartedAt: new Date(), ...(isAccessOver && { accessExpiresAt: new Date(0) }) }
    await system.store.collections.credentials.updateMany({}, { $set: crashed })
    const { receiptId } = await athlete.json('DELETE', '/api/v1/strava/link')
    await vi.waitFor(async () => expect((await readReceipt(receiptId)).completedAt).not.toBeNull())
    expect(await readReceipt(receiptId)).toMatchObject(
      isAccessOver ? notKnown : { revokedAtStrava: true, note: null, actionUrl: null },
    )
    expect(isConnected()).toBe(isAccessOver)
    expect(refreshToken).toBeDefined()
  }
  eraser.stop()
})

test('tokens that do not open for a day are deleted, and the operator is told that their grant lives on', async () => {
  const eraser = await eraseWhenTold()
  await linkOnWeb(system, athlete, { athlete: anna })
  const { _id: linkId } = await storedLink(system, 'anna')
  await system.store.collections.credentials.updateMany({}, { $set: { 'refreshToken.kid': 'retired' } })
  const { receiptId } = await athlete.json('DELETE', '/api/v1/strava/link')
  const unusable = () => system.logLines.filter((line) => line.includes('stored tokens cannot be opened'))
  await vi.waitFor(() => expect(unusable()).toHaveLength(1))
  expect(await readReceipt(receiptId)).toMatchObject({ completedAt: null, actionUrl: notKnown.actionUrl })
  const { accounts } = system.store.collections
  const yesterday = new Date(Date.now() - 25 * 3_600_000)
  const waitsForADay = { 'owed.since': yesterday, 'owed.nextTryAt': yesterday }
  await accounts.updateMany({ owed: { $ne: null } }, { $set: waitsForADay })
  await vi.waitFor(async () => expect((await readReceipt(receiptId)).completedAt).not.toBeNull())
  expect(await readReceipt(receiptId)).toMatchObject({ ...notKnown, deleted: { links: 1, credentials: 1 } })
  expect(await system.store.collections.credentials.countDocuments()).toBe(0)
  const told = system.logLines.filter((line) => line.includes('could not be opened')).map((line) => JSON.parse(line))
  expect(told).toMatchObject([{ level: 'error', linkId, err: { message: 'key retired is not in the keyring' } }])
  eraser.stop()
})

test('a receipt counts no credential where there was none', async () => {
  const eraser = await eraseWhenTold()
  await linkOnWeb(system, athlete, { athlete: anna })
  await system.store.collections.credentials.deleteMany({})
  const { receiptId } = await athlete.json('DELETE', '/api/v1/strava/link')
  await vi.waitFor(async () => expect((await readReceipt(receiptId)).completedAt).not.toBeNull())
  expect(await readReceipt(receiptId)).toMatchObject({ ...notKnown, deleted: { links: 1, credentials: 0 } })
  eraser.stop()
})

test('revoking is tried again until Strava answers', async () => {
  const eraser = await eraseWhenTold()
  await linkOnWeb(system, athlete, { athlete: anna })
  system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
  const before = system.logLines.length
  const { receiptId } = await athlete.json('DELETE', '/api/v1/strava/link')
  const failed = () => system.logLines.slice(before).filter((line) => line.includes('work of a sweep failed'))
  await vi.waitFor(() => expect(failed()).not.toEqual([]))
  const err = { code: 'strava_transient', message: 'Strava call revoke failed: transient (HTTP 503)' }
  expect(JSON.parse(failed()[0] ?? '')).toMatchObject({ level: 'warn', task: 'owed-revocations', err })
  expect(linesWithStack(system.logLines)).toEqual([])
  expect((await readReceipt(receiptId)).completedAt).toBeNull()
  expect(isConnected()).toBe(true)
  system.strava.control.clearFaults()
  await passRevocationPause(system)
  await vi.waitFor(async () => expect((await readReceipt(receiptId)).completedAt).not.toBeNull())
  expect(isConnected()).toBe(false)
  eraser.stop()
})

test('a crash right after the receipt was written, and NATS that forgets: the sweeps do the rest', async () => {
  await linkOnWeb(system, athlete, { athlete: anna })
  const link = await storedLink(system, 'anna')
  await system.store.collections.receipts.create({
    _id: 'rcp_crash',
    athleteId: link.athleteId,
    linkId: link._id,
    reason: 'user',
    requestedAt: system.clock.now(),
    revokedAtStrava: false,
    revocationSettledAt: null,
    erasedAt: null,
    completedAt: null,
    deleted: {},
    outbox: [],
  })
  system.clock.advance(31_000)
  await vi.waitFor(async () => expect(await system.store.collections.links.countDocuments()).toBe(0))
  // Ingestion works from the receipt, and its answer is lost.
  const erasures = system.store.connection.collection<ErasureRow>('erasures')
  await erasures.insertOne({
    _id: 'rcp_crash',
    ...{ athleteId: link.athleteId, linkId: link._id, requestedAt: system.clock.now() },
    ...{ deleted: { workouts: 7, sync_runs: 1 }, deleting: null, step: 4, attempts: 0, nextTryAt: null },
    ...{ erasedAt: system.clock.now(), lookAgainAt: null, outbox: [] },
  })
  await vi.waitFor(async () => expect((await readReceipt('rcp_crash')).completedAt).not.toBeNull())
  expect((await readReceipt('rcp_crash')).deleted).toMatchObject({ workouts: 7, sync_runs: 1 })
  expect(isConnected()).toBe(false)
})

test('linking again after unlinking makes a new link', async () => {
  await linkOnWeb(system, athlete, { athlete: anna })
  const first = await storedLink(system, 'anna')
  await athlete.call('DELETE', '/api/v1/strava/link')
  expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('strava=linked')
  const second = await storedLink(system, 'anna')
  expect(second._id).not.toBe(first._id)
  expect(isConnected()).toBe(true)
})
