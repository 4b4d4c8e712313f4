import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { anna, ben, forgetLinks, linkOnWeb, passRevocationPause } from './support/linking.ts'
import { storedLink } from './support/stored.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

/** What the gateway learns from credentials and accounts alone: nobody publishes anything here. */

let system: System
let athlete: SignedIn
beforeAll(async () => {
  system = await startSystem({ env: { STRAVA_ATHLETE_LIMIT: '1' } })
  athlete = await system.signIn('anna')
})
afterEach(() => forgetLinks(system))
afterAll(() => system.stop())

const status = () => athlete.json('GET', '/api/v1/strava/status')
const credentials = () => system.store.collections.credentials
const links = () => system.store.collections.links
const noTurns = () =>
  vi.waitFor(async () => expect(await credentials().countDocuments({ turnedAt: { $exists: true } })).toBe(0))

/** As the vault of another process leaves the credential. */
const turn = async (to: 'dead' | 'active', at = new Date()) => {
  const stamp = to === 'dead' ? { diedAt: at } : { revivedAt: at }
  await credentials().updateMany({}, { $set: { status: to, turnedAt: at, ...stamp } })
}

describe('a grant that dies without anybody hearing of it', () => {
  test.each([
    ['by the same clock', 0],
    ['by a clock that is 7 hours behind', -7 * 3_600_000],
    ['by a clock that is 7 hours ahead', 7 * 3_600_000],
  ])('shows in the status, and its return makes the link active again: %s', async (_clock, offMs) => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const { linkedAt } = await storedLink(system, 'anna')
    await turn('dead', new Date(Date.now() + offMs))
    await vi.waitFor(async () =>
      expect(await status()).toMatchObject({ status: 'reauth_required', error: { code: 'reauth_required' } }),
    )
    await noTurns()
    const bus = await system.bus()
    const told: string[] = []
    const listening = bus.listen('athlete.linked', '*', ({ linkId }) => void told.push(linkId))
    await turn('active', new Date(Date.now() + offMs + 1))
    await vi.waitFor(async () => expect(await status()).toMatchObject({ status: 'active', error: null }))
    const link = await storedLink(system, 'anna')
    await vi.waitFor(() => expect(told).toEqual([link._id]))
    expect(link.linkedAt).toEqual(linkedAt)
    listening.stop()
  })

  test('a link that waits for a missing permission is left alone', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    await links().updateMany({}, { $set: { status: 'reauth_required', errorCode: 'scope_missing' } })
    await turn('active')
    await noTurns()
    expect(await status()).toMatchObject({ status: 'reauth_required', error: { code: 'scope_missing' } })
  })
})

describe('a link of 0.1', () => {
  test('gets its account although a hundred before it have tokens and no link', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    const rows = credentials().collection
    const { _id, accountId: _account, epoch: _epoch, ...row } = (await credentials().findOne().lean())!
    const orphans = Array.from({ length: 100 }, (_, index) => ({ ...row, _id: `lnk_0orphan${index}` }))
    // Gone and back as one of 0.1: one that goes while it is being adopted has ended.
    await rows.deleteOne({ _id: _id as never })
    await rows.insertMany([...orphans, { ...row, _id }] as never)
    await vi.waitFor(async () => expect((await credentials().findById(_id).lean())!.accountId).toBeDefined())
  })

  test('gets its account, and a death that was never told is told now', async () => {
    await linkOnWeb(system, athlete, { athlete: anna })
    await system.store.collections.accounts.deleteMany({ isHeld: { $exists: true } })
    await credentials().collection.updateMany(
      {},
      {
        $set: { status: 'dead' },
        $unset: { accountId: 1, epoch: 1, diedAt: 1, revivedAt: 1, turnedAt: 1, refusal: 1 },
      },
    )
    await vi.waitFor(async () => expect(await status()).toMatchObject({ status: 'reauth_required' }))
    const { _id: linkId } = await storedLink(system, 'anna')
    expect(await system.store.collections.accounts.countDocuments({ isHeld: true, linkId })).toBe(1)
  })
})

describe('the places of the app', () => {
  const askLinkToken = async (one: SignedIn) =>
    (await one.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status

  test('an unlink that is still owed takes one from others, not from the same athlete', async () => {
    const other = await system.signIn('ben')
    await linkOnWeb(system, athlete, { athlete: anna })
    system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
    await athlete.call('DELETE', '/api/v1/strava/link')
    expect(await askLinkToken(other)).toBe(409)
    expect(await askLinkToken(athlete)).toBe(201)
    system.strava.control.clearFaults()
    await vi.waitFor(async () => {
      await passRevocationPause(system)
      expect(await askLinkToken(other)).toBe(201)
    })
    expect(await linkOnWeb(system, other, { athlete: ben })).toContain('strava=linked')
  })

  test('one whose end is not known counts as taken', async () => {
    const other = await system.signIn('ben')
    await linkOnWeb(system, athlete, { athlete: anna })
    await credentials().updateMany({}, { $set: { refreshStartedAt: new Date(), accessExpiresAt: new Date(0) } })
    await athlete.call('DELETE', '/api/v1/strava/link')
    const { receipts } = system.store.collections
    await vi.waitFor(async () => expect(await receipts.countDocuments({ note: 'check_strava' })).toBe(1))
    expect(await askLinkToken(other)).toBe(409)
  })
})
