import { testDatabase } from '@slipstream/testing'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { connectStore, MigrationNeededError, type MigrationStep, migrate, prepareDatabase } from '../src/index.ts'

const database = testDatabase()
const store = await connectStore({ uri: database.uri, owner: 'gateway' })
const { connection } = store

const link = {
  displayName: 'Anna',
  status: 'active' as const,
  statusSince: new Date(),
  errorCode: null,
  scopes: ['read'],
  linkedAt: new Date(),
  manualSync: null,
  outbox: [],
}
const insertLink = (n: number) =>
  store.collections.links.create({ _id: `link_${n}`, athleteId: `a${n}`, stravaAthleteId: `${n}`, ...link })

const indexNames = async (collection: string) =>
  (await connection.collection(collection).indexes()).map(({ name }) => name)

beforeEach(async () => {
  await database.drop()
  await prepareDatabase(connection)
})
afterAll(async () => {
  await store.close()
  await database.drop()
})

describe('an empty database', () => {
  test('is brought up by whichever service comes first, also by several at once', async () => {
    await database.drop()
    const others = await Promise.all([1, 2, 3].map(() => connectStore({ uri: database.uri, owner: 'scheduler' })))
    await Promise.all(others.map((other) => prepareDatabase(other.connection)))
    expect(await prepareDatabase(connection)).toEqual([])
    await Promise.all(others.map((other) => other.close()))
  })

  test('keeps the same Strava account or athlete from being linked twice', async () => {
    await insertLink(1)
    const { links } = store.collections
    const again = { _id: 'link_x', ...link }
    await expect(links.create({ ...again, athleteId: 'a2', stravaAthleteId: '1' })).rejects.toThrow(/E11000/)
    await expect(links.create({ ...again, athleteId: 'a1', stravaAthleteId: '2' })).rejects.toThrow(/E11000/)
  })
})

describe('on a database with data a service', () => {
  test('makes the plain indexes that are missing', async () => {
    await insertLink(1)
    await connection.collection('links').dropIndex('status')
    expect(await prepareDatabase(connection)).toEqual(['create index links.status'])
    expect(await indexNames('links')).toContain('status')
  })

  test('makes even a unique one in a collection without rows', async () => {
    await insertLink(1)
    await connection.collection('receipts').dropIndex('ends_link')
    expect(await prepareDatabase(connection)).toEqual(['create index receipts.ends_link'])
  })

  test('refuses to start without a unique index, names it, and changes nothing', async () => {
    await insertLink(1)
    await connection.collection('links').dropIndex('one_athlete_per_strava_account')
    await connection.collection('links').dropIndex('status')
    const preparing = prepareDatabase(connection)
    await expect(preparing).rejects.toThrow(MigrationNeededError)
    await expect(preparing).rejects.toThrow(/create index links\.one_athlete_per_strava_account/)
    expect(await indexNames('links')).not.toContain('status')
  })

  test('refuses to start over an index that is no longer as declared', async () => {
    await insertLink(1)
    await connection.collection('links').dropIndex('one_link_per_athlete')
    await connection.collection('links').createIndex({ athleteId: 1 }, { name: 'one_link_per_athlete' })
    await expect(prepareDatabase(connection)).rejects.toThrow(/replace index links\.one_link_per_athlete/)
  })

  test('takes an index under another name for its own', async () => {
    await insertLink(1)
    await connection.collection('links').dropIndex('status')
    await connection.collection('links').createIndex({ status: 1 }, { name: 'renamed' })
    expect(await prepareDatabase(connection)).toEqual([])
  })

  test('leaves alone an index that it does not know: it is a newer release’s or the operator’s', async () => {
    await insertLink(1)
    await connection.collection('links').createIndex({ displayName: 1 }, { name: 'of_somebody_else' })
    expect(await prepareDatabase(connection)).toEqual([])
    expect(await indexNames('links')).toContain('of_somebody_else')
  })
})

describe('migrating', () => {
  test('does what services refuse to do, and may run again', async () => {
    await insertLink(1)
    await connection.collection('links').dropIndex('one_athlete_per_strava_account')
    const pending = ['create index links.one_athlete_per_strava_account']
    expect(await migrate(connection, { isDryRun: true })).toEqual(pending)
    expect(await migrate(connection, { isDryRun: false })).toEqual(pending)
    expect(await migrate(connection, { isDryRun: false })).toEqual([])
    expect(await prepareDatabase(connection)).toEqual([])
  })

  test('lets a link have several receipts, where 0.1 had one at most', async () => {
    const receipts = connection.collection<{ _id: string }>('receipts')
    const of = (reason: string) => ({ _id: `rcp_${reason}`, athleteId: 'a1', linkId: 'link_1', reason })
    await receipts.insertOne(of('user'))
    await receipts.dropIndex('ends_link')
    await receipts.createIndex({ linkId: 1 }, { name: 'link', unique: true })
    await expect(prepareDatabase(connection)).rejects.toThrow(
      /drop index receipts\.link; create index receipts\.ends_link/,
    )
    await migrate(connection, { isDryRun: false })
    await receipts.insertOne(of('policy'))
    await expect(receipts.insertOne(of('revoked_at_strava'))).rejects.toThrow(/E11000/)
  })

  const touch = (isBreaking: boolean): MigrationStep => ({
    id: `2026-11-26-touch-${isBreaking ? 'breaking' : 'safe'}`,
    isBreaking,
    run: async ({ db }) => {
      await db?.collection('links').updateMany({}, { $set: { displayName: 'touched' } })
    },
  })
  const nameOfFirst = async () => (await store.collections.links.findById('link_1').lean())?.displayName

  test('a safe step runs at the start of a service, once', async () => {
    await insertLink(1)
    const steps = [touch(false)]
    expect(await prepareDatabase(connection, { steps })).toEqual(['2026-11-26-touch-safe'])
    expect(await nameOfFirst()).toBe('touched')
    expect(await prepareDatabase(connection, { steps })).toEqual([])
  })

  test('a breaking step waits for the operator', async () => {
    await insertLink(1)
    const steps = [touch(true)]
    await expect(prepareDatabase(connection, { steps })).rejects.toThrow(/2026-11-26-touch-breaking/)
    expect(await nameOfFirst()).toBe('Anna')
    expect(await migrate(connection, { steps, isDryRun: false })).toEqual(['2026-11-26-touch-breaking'])
    expect(await nameOfFirst()).toBe('touched')
    expect(await prepareDatabase(connection, { steps })).toEqual([])
  })

  test('a new database has no steps to wait for', async () => {
    await database.drop()
    await expect(prepareDatabase(connection, { steps: [touch(true)] })).resolves.toContain('2026-11-26-touch-breaking')
  })
})
