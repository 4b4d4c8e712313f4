import { testDatabase } from '@slipstream/testing'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { checkIndexes, connectStore, ensureIndexes, MissingIndexError } from '../src/index.ts'

const database = testDatabase()
const store = await connectStore({ uri: database.uri, owner: 'gateway' })
const { connection } = store

beforeEach(() => ensureIndexes(connection))
afterAll(async () => {
  await store.close()
  await database.drop()
})

describe('indexes', () => {
  test('are there after the migration step, which may run again and at once', async () => {
    await Promise.all([ensureIndexes(connection), ensureIndexes(connection), ensureIndexes(connection)])
    await expect(checkIndexes(connection)).resolves.toBeUndefined()
  })

  test('the migration step makes them in an empty database from several processes at once', async () => {
    await database.drop()
    const others = await Promise.all([1, 2, 3].map(() => connectStore({ uri: database.uri, owner: 'scheduler' })))
    await Promise.all(others.map((other) => ensureIndexes(other.connection)))
    await expect(checkIndexes(connection)).resolves.toBeUndefined()
    await Promise.all(others.map((other) => other.close()))
  })

  test('a dropped unique index fails the check by name', async () => {
    await connection.collection('links').dropIndex('one_athlete_per_strava_account')
    const check = checkIndexes(connection)
    await expect(check).rejects.toThrow(MissingIndexError)
    await expect(check).rejects.toThrow(/links\.one_athlete_per_strava_account\./)
  })

  test('an index that is no longer unique, or has another key, fails the check', async () => {
    const links = connection.collection('links')
    await links.dropIndex('one_link_per_athlete')
    await links.createIndex({ athleteId: 1 }, { name: 'one_link_per_athlete' })
    await expect(checkIndexes(connection)).rejects.toThrow(/one_link_per_athlete/)
    await links.dropIndex('one_link_per_athlete')
    await links.createIndex({ stravaAthleteId: 1, athleteId: 1 }, { name: 'one_link_per_athlete', unique: true })
    await expect(checkIndexes(connection)).rejects.toThrow(/one_link_per_athlete/)
    await links.dropIndex('one_link_per_athlete')
  })

  test('a database without collections fails the check', async () => {
    await database.drop()
    await expect(checkIndexes(connection)).rejects.toThrow(/workouts\.one_per_activity/)
  })

  test('the same Strava account or athlete cannot be linked twice', async () => {
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
    const { links } = store.collections
    await links.create({ _id: 'link_1', athleteId: 'a1', stravaAthleteId: '1', ...link })
    await expect(links.create({ _id: 'link_2', athleteId: 'a2', stravaAthleteId: '1', ...link })).rejects.toThrow(
      /E11000/,
    )
    await expect(links.create({ _id: 'link_3', athleteId: 'a1', stravaAthleteId: '2', ...link })).rejects.toThrow(
      /E11000/,
    )
  })
})
