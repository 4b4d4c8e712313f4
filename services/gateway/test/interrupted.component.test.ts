import { randomBytes } from 'node:crypto'
import { connectStore, prepareDatabase } from '@slipstream/persistence'
import type { PendingLink } from '@slipstream/records'
import { newId, Secret } from '@slipstream/runtime'
import type { StravaGrant } from '@slipstream/strava'
import { testDatabase } from '@slipstream/testing'
import { createAnswerSeal, createGrantVault, parseTokenKeys } from '@slipstream/vault'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createKeyedRequests } from '../src/adapters/keyed-requests.ts'
import type { LinkAttempt, UnlinkReceipt } from '../src/domain/model.ts'
import { linkAtOnce, linkPending } from '../src/handlers/establish-link.ts'
import { type LinkFlow, linkedEvent } from '../src/handlers/link-flow.ts'
import { unlinkedEvent } from '../src/handlers/unlink.ts'
import { createRepositories } from '../src/repositories.ts'
import { sweepAttempts } from '../src/sweeps/attempts.ts'
import { createUnlinkWorker } from '../src/sweeps/receipts.ts'
import { createRevocations } from '../src/sweeps/revocations.ts'
import { createTestClock } from './support/system.ts'

/** Linking and unlinking when the other comes in between two of their writes, or the process dies there. */

const database = testDatabase()
const store = await connectStore({ uri: database.uri, owner: 'gateway' })
const { credentials } = store.collections
const repositories = createRepositories(store, newId)
const { links, receipts, attempts } = repositories
const clock = createTestClock()
const keyring = parseTokenKeys(`k1:${randomBytes(32).toString('base64')}`)

let revoked: string[]
let isStravaAway: boolean
/** Set: what Strava says of a grant when it is asked. */
let isGrantAlive: boolean
let failures: unknown[]

const oauth = {
  authorizeUrl: () => '',
  exchangeCode: () => Promise.reject(new Error('not asked')),
  revoke: async ({ token }: { token: Secret }) => {
    if (isStravaAway) throw new Error('Strava is away')
    revoked.push(token.reveal())
  },
}
const rowFailed = (_what: string, error: unknown) => void failures.push(error)
const vaultWith = (credentialsCollection = credentials) =>
  createGrantVault({ collections: { ...store.collections, credentials: credentialsCollection }, keyring, clock })
const vault = vaultWith()

const revocationsWith = (collection = credentials) =>
  createRevocations({
    ...repositories,
    vault: vaultWith(collection),
    oauth,
    clock,
    facts: { revocationSettled: () => {}, rowFailed },
  })
const revocations = revocationsWith()

const workerWith = (collection = credentials) => {
  const settling = revocationsWith(collection)
  const worker = createUnlinkWorker({
    ...repositories,
    keyedRequests: createKeyedRequests(store.collections.answeredRequests, createAnswerSeal(keyring), clock),
    vault: vaultWith(collection),
    revocations: settling,
    clock,
    facts: { rowFailed },
  })
  return { ...worker, settled: settling.stop }
}

const flowWith = (changed: Partial<LinkFlow['links']> = {}): LinkFlow => ({
  ...repositories,
  links: { ...links, ...changed },
  vault,
  revocations,
  proof: { isAlive: async () => isGrantAlive, readsActivities: async () => true, athleteOf: async () => null },
  wipe: (receipt) => workerWith().wipe(receipt),
  oauth,
  cookies: { read: () => null, set: () => {}, clear: () => {} },
  clock,
  newId,
  nudge: () => {},
  facts: {
    linked: () => {},
    linkRefused: () => {},
    browserChanged: () => {},
    grantLeftAtStrava: () => {},
    revokedAtStrava: () => {},
  },
  settings: { profileGate: 'off', athleteLimit: null, publicUrl: '', webReturnUrl: '', appDeepLink: '' },
})

const tokensOf = (name: string) => ({
  accessToken: new Secret(`access-${name}`),
  refreshToken: new Secret(`refresh-${name}`),
  accessExpiresAt: new Date(Date.now() + 3_600_000),
})
const fresh: StravaGrant = {
  accessToken: new Secret('access-fresh'),
  refreshToken: new Secret('refresh-fresh'),
  accessExpiresAt: new Date(Date.now() + 3_600_000),
  athlete: { stravaAthleteId: '1', displayName: 'Anna' },
}
const identity = { stravaAthleteId: '1', displayName: 'Anna', scopes: ['read'] }
const pending: PendingLink = { ...identity, linkId: 'lnk_new' }

/** The link there is, with its tokens. */
const linkOf = async (athleteId: string) => {
  const link = { ...identity, linkId: 'lnk_old', athleteId, linkedAt: clock.now() }
  await vault.begin({ ...link, status: 'active', tokens: tokensOf('old') })
  await links.create(link, linkedEvent(link, { newId }, link.linkedAt))
}

const openReceipt = (athleteId: string): Promise<UnlinkReceipt> => {
  const requestedAt = clock.now()
  const wanted = { athleteId, linkId: 'lnk_old', reason: 'user', receiptId: newId('rcp'), requestedAt } as const
  return receipts.open(wanted, unlinkedEvent(wanted, { newId }, requestedAt))
}

const unlinkWhole = async (athleteId: string) => {
  const worker = workerWith()
  await worker.wipe(await openReceipt(athleteId))
  await worker.settled()
}

/** An attempt whose code is being exchanged. */
const begin = async (athleteId: string): Promise<LinkAttempt> => {
  const now = clock.now()
  const secrets = { linkTokenHash: newId('token'), stateHash: newId('state') }
  await attempts.issue(
    {
      athleteId,
      platform: 'web',
      linkTokenHash: secrets.linkTokenHash,
      browserHash: null,
      codeChallenge: null,
      returnTo: null,
      expiresAt: new Date(now.getTime() + 60_000),
    },
    now,
  )
  const { id } = (await attempts.findByLinkToken(secrets.linkTokenHash))!
  const expiresAt = new Date(now.getTime() + 60_000)
  await attempts.authorize(id, { stateHash: secrets.stateHash, transactionCookieHash: 'x', expiresAt }, now)
  await attempts.consumeState(id, { codeHash: 'x', expiresAt })
  return (await attempts.find(id))!
}

const linkIds = () => store.collections.links.distinct('_id')
const credentialIds = () => credentials.distinct('_id')
const heldAccounts = () => store.collections.accounts.countDocuments({ isHeld: true })

beforeAll(() => prepareDatabase(store.connection))
beforeEach(() => {
  revoked = []
  isStravaAway = false
  isGrantAlive = true
  failures = []
})
afterEach(async () => {
  await store.collections.links.deleteMany({})
  await store.collections.linkTransactions.deleteMany({})
  await store.collections.receipts.deleteMany({})
  await credentials.deleteMany({})
  await store.collections.accounts.deleteMany({ isHeld: { $exists: true } })
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

describe('unlinked while the same athlete links again', () => {
  test('by a gateway that died before it removed the link: that one is ended, and a new one made', async () => {
    await linkOf('ath_1')
    await openReceipt('ath_1')
    await linkAtOnce(flowWith(), await begin('ath_1'), pending, fresh)
    expect(await linkIds()).toEqual(['lnk_new'])
    const worker = workerWith()
    await worker.sweep()
    await worker.settled()
    expect(await linkIds()).toEqual(['lnk_new'])
    expect(await credentialIds()).toEqual(['lnk_new'])
    expect(revoked).not.toContain('refresh-fresh')
  })

  test('before the unlink has touched the tokens: a new link has them, and the old one none', async () => {
    await linkOf('ath_1')
    const renew: LinkFlow['links']['renew'] = async (...parameters) => {
      await links.remove('lnk_old')
      return await links.renew(...parameters)
    }
    await linkAtOnce(flowWith({ renew }), await begin('ath_1'), pending, fresh)
    expect(await linkIds()).toEqual(['lnk_new'])
    expect(await credentialIds()).toEqual(['lnk_new'])
    expect(revoked).toEqual([])
  })

  test('after the unlink has revoked the new tokens: no link is made of them', async () => {
    await linkOf('ath_1')
    const renew: LinkFlow['links']['renew'] = async (...parameters) => {
      await unlinkWhole('ath_1')
      isGrantAlive = false
      return await links.renew(...parameters)
    }
    const attempt = await begin('ath_1')
    await expect(linkAtOnce(flowWith({ renew }), attempt, pending, fresh)).rejects.toMatchObject({
      code: 'link_expired',
    })
    await revocations.stop()
    expect(new Set(revoked)).toEqual(new Set(['refresh-fresh']))
    expect(await linkIds()).toEqual([])
    expect(await credentialIds()).toEqual([])
    expect(await heldAccounts()).toBe(0)
  })

  test('tokens of the app that came after the unlink was settled are taken back, and no link is made', async () => {
    await linkOf('ath_1')
    await unlinkWhole('ath_1')
    const owner = { linkId: 'lnk_old', athleteId: 'ath_1', status: 'active' } as const
    await vault.begin({ ...owner, stravaAthleteId: '1', tokens: tokensOf('late') })
    const late = { ...pending, linkId: 'lnk_old' }
    await expect(linkPending(flowWith(), await begin('ath_1'), late)).rejects.toMatchObject({ code: 'result_invalid' })
    await revocations.stop()
    expect(revoked).toEqual(['refresh-old', 'refresh-late'])
    expect(await linkIds()).toEqual([])
    expect(await credentialIds()).toEqual([])
  })
})

describe('unlinked by its holder while another athlete tries for the account', () => {
  const ofAccount: LinkFlow['links']['ofAccount'] = async (stravaAthleteId) => {
    const holder = await links.ofAccount(stravaAthleteId)
    await unlinkWhole('ath_holder')
    return holder
  }

  test('no tokens stay with the ended link', async () => {
    await linkOf('ath_holder')
    const attempt = await begin('ath_other')
    await expect(linkAtOnce(flowWith({ ofAccount }), attempt, pending, fresh)).rejects.toMatchObject({
      code: 'strava_account_in_use',
    })
    await revocations.stop()
    expect(revoked).toEqual(['refresh-old', 'refresh-fresh'])
    expect(await credentialIds()).toEqual([])
    expect(await heldAccounts()).toBe(0)
  })

  test('nor while Strava is away: the account owes their revocation until it is back', async () => {
    await linkOf('ath_holder')
    const attempt = await begin('ath_other')
    const thenAway: LinkFlow['links']['ofAccount'] = async (stravaAthleteId) => {
      const holder = await ofAccount(stravaAthleteId)
      isStravaAway = true
      return holder
    }
    const linking = linkAtOnce(flowWith({ ofAccount: thenAway }), attempt, pending, fresh)
    await expect(linking).rejects.toMatchObject({ code: 'strava_account_in_use' })
    await revocations.stop()
    expect(failures).toMatchObject([{ message: 'Strava is away' }])
    isStravaAway = false
    await store.collections.accounts.updateMany({ owed: { $ne: null } }, { $set: { 'owed.nextTryAt': new Date() } })
    await revocations.sweep()
    expect(revoked).toEqual(['refresh-old', 'refresh-fresh'])
    expect(await credentialIds()).toEqual([])
  })
})

describe('an attempt whose process died', () => {
  const sweep = async () => {
    clock.advance(10 * 60_000)
    const facts = { grantTakenBack: () => {}, rowFailed }
    await sweepAttempts({ ...repositories, vault, revocations, clock, facts })
    await revocations.stop()
    expect(failures).toEqual([])
  }
  const died = () => Promise.reject(new Error('died'))

  test('is taken back although a hundred before it fail', async () => {
    const attempt = await begin('ath_1')
    await expect(linkAtOnce(flowWith({ create: died }), attempt, pending, fresh)).rejects.toThrow('died')
    const { linkTransactions } = store.collections
    const { _id, ...row } = (await linkTransactions.findOne({}).lean())!
    const broken = Array.from({ length: 100 }, (_, index) => ({
      ...{ ...row, _id: `att_broken${index}`, linkTokenHash: `broken${index}`, expiresAt: new Date(0) },
      pendingLink: { ...pending, linkId: `lnk_broken${index}`, stravaAthleteId: 'broken' },
    }))
    await linkTransactions.collection.insertMany(broken.map(({ stateHash, resultHash, ...rest }) => rest) as never)
    const ofAccount: typeof links.ofAccount = async (stravaAthleteId) => {
      if (stravaAthleteId === 'broken') throw new Error('cannot be read')
      return links.ofAccount(stravaAthleteId)
    }
    clock.advance(10 * 60_000)
    const facts = { grantTakenBack: () => {}, rowFailed }
    const deps = { ...repositories, links: { ...links, ofAccount }, vault, revocations, clock, facts }
    for (const _turn of [1, 2]) await sweepAttempts(deps)
    await revocations.stop()
    expect(failures).toHaveLength(100)
    expect(revoked).toEqual(['refresh-fresh'])
    clock.advance(60_000)
    await sweepAttempts(deps)
    expect(failures).toHaveLength(200)
    await linkTransactions.deleteMany({ _id: /broken/ })
  })

  test('after its grant was taken up is taken back', async () => {
    const attempt = await begin('ath_1')
    await expect(linkAtOnce(flowWith({ create: died }), attempt, pending, fresh)).rejects.toThrow('died')
    await sweep()
    expect(revoked).toEqual(['refresh-fresh'])
    expect(await credentialIds()).toEqual([])
    expect(await heldAccounts()).toBe(0)
  })

  /** Just before, the holder's link was made. */
  const createThenDied: LinkFlow['links']['create'] = async () => {
    const link = { ...identity, linkId: 'lnk_old', athleteId: 'ath_holder', linkedAt: clock.now() }
    await links.create(link, linkedEvent(link, { newId }, link.linkedAt))
    return await died()
  }

  test('leaves its tokens to the link that its athlete has by now', async () => {
    const attempt = await begin('ath_holder')
    await expect(linkAtOnce(flowWith({ create: createThenDied }), attempt, pending, fresh)).rejects.toThrow('died')
    await sweep()
    expect(revoked).toEqual([])
    expect(await credentialIds()).toEqual(['lnk_old'])
    expect(await vault.end({ linkId: 'lnk_old', athleteId: 'ath_holder' })).toMatchObject({ kind: 'owed' })
  })

  test('leaves the account, but no tokens that nobody has proven, to the link that another athlete has by now', async () => {
    const attempt = await begin('ath_other')
    await expect(linkAtOnce(flowWith({ create: createThenDied }), attempt, pending, fresh)).rejects.toThrow('died')
    await sweep()
    expect([revoked, await credentialIds()]).toEqual([[], []])
    expect(await store.collections.accounts.findOne({ isHeld: true }).lean()).toMatchObject({ linkId: 'lnk_old' })
  })
})

describe('two athletes who take up grants of one account at the same moment', () => {
  test('the one whose app proves itself second leaves the account to the first, and no tokens', async () => {
    const attempt = await begin('ath_other')
    await linkOf('ath_holder')
    await vault.begin({ ...pending, athleteId: 'ath_other', status: 'pending', tokens: tokensOf('late') })
    const before = await credentials.findOne({ _id: 'lnk_old' }).lean()
    await expect(linkPending(flowWith(), attempt, pending)).rejects.toMatchObject({ code: 'strava_account_in_use' })
    expect(await credentialIds()).toEqual(['lnk_old'])
    expect((await credentials.findOne({ _id: 'lnk_old' }).lean())?.tokenVersion).toBe(before?.tokenVersion)
    expect(await store.collections.accounts.findOne({ isHeld: true }).lean()).toMatchObject({ linkId: 'lnk_old' })
  })

  test('the one whose link came second leaves the account, and the newest tokens, to the first', async () => {
    const attempt = await begin('ath_other')
    const create: LinkFlow['links']['create'] = async (...parameters) => {
      await linkOf('ath_holder')
      return await links.create(...parameters)
    }
    await expect(linkAtOnce(flowWith({ create }), attempt, pending, fresh)).rejects.toMatchObject({
      code: 'strava_account_in_use',
    })
    await revocations.stop()
    expect(revoked).toEqual([])
    expect(await linkIds()).toEqual(['lnk_old'])
    expect(await credentialIds()).toEqual(['lnk_old'])
    expect(await store.collections.accounts.findOne({ isHeld: true }).lean()).toMatchObject({ linkId: 'lnk_old' })
  })
})

test.each([
  ['before', false],
  ['after', true],
])('a process that dies %s deleting the tokens leaves a receipt that ends true', async (_when, isDeleted) => {
  await linkOf('ath_1')
  const receipt = await openReceipt('ath_1')
  const dying = new Proxy(credentials, {
    get: (target, property) => {
      if (property !== 'deleteOne') return Reflect.get(target, property)
      return async (filter: object) => {
        if (isDeleted) await target.deleteOne(filter)
        throw new Error('died')
      }
    },
  })
  await expect(workerWith(dying).wipe(receipt)).rejects.toThrow('died')
  expect(await receipts.find(receipt.receiptId, 'ath_1')).toMatchObject({ revocationSettledAt: null })

  clock.advance(60_000)
  const worker = workerWith()
  await worker.sweep()
  await worker.settled()
  expect(revoked).toEqual(['refresh-old'])
  expect(await receipts.find(receipt.receiptId, 'ath_1')).toMatchObject({
    revokedAtStrava: true,
    revocationSettledAt: expect.any(Date),
    deleted: { links: 1, credentials: 1 },
  })
  expect(await credentialIds()).toEqual([])
})

test('two processes that settle the same unlink count its tokens once, whoever writes last', async () => {
  await linkOf('ath_1')
  await credentials.updateMany({}, { $set: { status: 'dead' } })
  const { receiptId } = await openReceipt('ath_1')
  for (const credentialsDeleted of [0, 1, 0]) {
    const deleted = { links: 1, credentials: credentialsDeleted }
    await receipts.settleRevocation('lnk_old', { revokedAtStrava: false, note: null, deleted }, clock.now())
  }
  expect((await receipts.find(receiptId, 'ath_1'))?.deleted).toEqual({ links: 1, credentials: 1 })
})

test('what Strava has confirmed stays in the receipt, and what was not known may be found out later', async () => {
  await linkOf('ath_1')
  const { receiptId } = await openReceipt('ath_1')
  const deleted = { links: 1, credentials: 1 }
  const truths = [
    { revokedAtStrava: null, note: 'check_strava' },
    { revokedAtStrava: true, note: null },
    { revokedAtStrava: false, note: 'linked_again' },
  ] as const
  for (const truth of truths) await receipts.settleRevocation('lnk_old', { ...truth, deleted }, clock.now())
  expect(await receipts.find(receiptId, 'ath_1')).toMatchObject({ revokedAtStrava: true, note: null })
})
