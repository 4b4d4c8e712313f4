import { type Receipt, receiptSchema } from '@slipstream/contracts'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { locationOf } from './support/browser.ts'
import { anna, ben, forgetLinks, linkCount, linkOnWeb, passRevocationPause, walkToReturn } from './support/linking.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterEach(() => forgetLinks(system))
afterAll(() => system.stop())

const connectedAccounts = () =>
  system.strava.control
    .athletes()
    .filter(({ connected }) => connected)
    .map(({ account }) => account)

describe('whose account it is', () => {
  test('an account that is linked is refused to a second athlete and stays where it is', async () => {
    const first = await system.signIn('anna')
    await linkOnWeb(system, first, { athlete: anna })
    const link = await system.store.collections.links.findOne().lean()
    const second = await system.signIn('mallory')
    expect(await linkOnWeb(system, second, { athlete: anna })).toContain('code=strava_account_in_use')
    expect(await linkCount(system)).toBe(1)
    expect((await system.store.collections.links.findOne().lean())!.athleteId).toBe(link!.athleteId)
    expect(await second.json('GET', '/api/v1/strava/status')).toMatchObject({ status: 'not_linked' })
    // The grant of the first lives on: nothing was revoked, and the newest tokens went to the link that is there.
    expect(system.strava.control.athletes().find(({ account }) => account === 'anna')?.connected).toBe(true)
    expect((await system.store.collections.credentials.findById(link!._id).lean())!.tokenVersion).toBeGreaterThan(1)
  })

  test('a second account of the same athlete is refused and its grant taken back', async () => {
    const athlete = await system.signIn('anna')
    await linkOnWeb(system, athlete, { athlete: anna })
    expect(await linkOnWeb(system, athlete, { athlete: ben })).toContain('code=different_strava_account')
    await vi.waitFor(() => expect(connectedAccounts()).toEqual(['anna']))
    expect(await system.store.collections.credentials.countDocuments()).toBe(1)
  })
})

describe('an account whose revocation is still owed', () => {
  const receiptOf = async (athlete: SignedIn, receiptId: string): Promise<Receipt> =>
    receiptSchema.parse(await athlete.json('GET', `/api/v1/strava/receipts/${receiptId}`))
  const revokeCalls = () => system.strava.control.calls().counts.revoke ?? {}
  const unlink = async (athlete: SignedIn): Promise<string> => {
    const { receiptId } = await athlete.json('DELETE', '/api/v1/strava/link')
    return receiptId
  }
  const settledReceipt = async (athlete: SignedIn, receiptId: string) => {
    await vi.waitFor(async () => {
      const receipt = await system.store.collections.receipts.findById(receiptId).lean()
      expect(receipt?.revocationSettledAt).not.toBeNull()
    })
    return await receiptOf(athlete, receiptId)
  }

  /** Put off, that is: while its call is under way nobody else tries. */
  const triedOnce = () =>
    vi.waitFor(async () => {
      expect(await system.store.collections.accounts.countDocuments({ 'owed.attempts': 1, 'owed.callId': null })).toBe(
        1,
      )
      expect(revokeCalls()).toEqual({ 503: 1 })
    })

  test('is linked by another athlete while revoking answers 503: no revocation follows', async () => {
    for (let time = 1; time <= 5; time++) {
      const first = await system.signIn('ben')
      await linkOnWeb(system, first, { athlete: anna })
      system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
      const receiptId = await unlink(first)
      const second = await system.signIn('anna')
      expect(await linkOnWeb(system, second, { athlete: anna })).toContain('strava=linked')
      system.strava.control.clearFaults()
      await passRevocationPause(system)
      const { revokedAtStrava, note } = await settledReceipt(first, receiptId)
      expect([revokedAtStrava, note]).toEqual([false, 'linked_again'])
      const owing = { owed: { $ne: null } }
      await vi.waitFor(async () => expect(await system.store.collections.accounts.countDocuments(owing)).toBe(0))
      expect(connectedAccounts()).toEqual(['anna'])
      await forgetLinks(system)
    }
  })

  test.each([
    ['does not reach the new grant', 'always', 'strava=linked', { revokedAtStrava: false, note: 'linked_again' }],
    ['ends the new grant, too', 'never', 'code=link_expired', { revokedAtStrava: true, note: null }],
  ] as const)('is linked while a slow call to revoke is under way, which %s', async (_what, rotation, end, told) => {
    system.strava.control.setFaults({ behaviour: { refreshRotation: rotation } })
    const first = await system.signIn('ben')
    await linkOnWeb(system, first, { athlete: anna })
    const second = await system.signIn('anna')
    const { browser, back } = await walkToReturn(system, second, { athlete: anna })
    system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'latency', latencyMs: 1_000 } }] })
    const receiptId = await unlink(first)
    await vi.waitFor(async () =>
      expect(await system.store.collections.accounts.countDocuments({ 'owed.callId': { $ne: null } })).toBe(1),
    )
    expect(locationOf(await browser.visit(back))).toContain(end)
    system.strava.control.clearFaults()
    expect(await settledReceipt(first, receiptId)).toMatchObject(told)
    if (end !== 'strava=linked') {
      expect(await linkCount(system)).toBe(0)
      expect(await system.store.collections.credentials.countDocuments()).toBe(0)
      expect(await linkOnWeb(system, second, { athlete: anna })).toContain('strava=linked')
    }
    expect(connectedAccounts()).toEqual(['anna'])
  })

  test('is linked by the same athlete: the revocation is tried when the link token is asked for, and refuses nobody', async () => {
    const athlete = await system.signIn('anna')
    await linkOnWeb(system, athlete, { athlete: anna })
    system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
    const receiptId = await unlink(athlete)
    await triedOnce()
    expect((await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status).toBe(201)
    expect(revokeCalls()).toEqual({ 503: 2 })
    system.strava.control.clearFaults()
    expect((await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status).toBe(201)
    expect(connectedAccounts()).toEqual([])
    expect(await receiptOf(athlete, receiptId)).toMatchObject({ revokedAtStrava: true })
  })

  test('is linked by the same athlete while Strava does not answer: the link token comes all the same', async () => {
    const athlete = await system.signIn('anna')
    await linkOnWeb(system, athlete, { athlete: anna })
    system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
    const receiptId = await unlink(athlete)
    await triedOnce()
    system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'hold' } }] })
    expect((await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })).status).toBe(201)
    system.strava.control.clearFaults()
    system.strava.control.releaseHeld()
    expect(await settledReceipt(athlete, receiptId)).toMatchObject({ revokedAtStrava: true })
  })

  test('unlinked while the browser was at Strava: the code is exchanged, and the revocation cancelled', async () => {
    const athlete = await system.signIn('anna')
    await linkOnWeb(system, athlete, { athlete: anna })
    const { browser, back } = await walkToReturn(system, athlete, { athlete: anna })
    system.strava.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
    const receiptId = await unlink(athlete)
    await triedOnce()
    expect(locationOf(await browser.visit(back))).toContain('strava=linked')
    system.strava.control.clearFaults()
    await vi.waitFor(async () =>
      expect(await receiptOf(athlete, receiptId)).toMatchObject({ revokedAtStrava: false, note: 'linked_again' }),
    )
    expect(connectedAccounts()).toEqual(['anna'])
  })
})
