import { connectStore, createDeliveryLog, prepareDatabase } from '@slipstream/persistence'
import { newId, systemClock } from '@slipstream/runtime'
import { testDatabase } from '@slipstream/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createErasure, type ErasureOptions } from '../src/adapters/erasure.ts'
import { createGrantReader } from '../src/adapters/grant-reader.ts'
import { createWorkoutStore } from '../src/adapters/workout-store.ts'
import type { OpenReceipt } from '../src/domain/ports.ts'

const database = testDatabase()
const store = await connectStore({ uri: database.uri, owner: 'ingestion' })
const { collections } = store
beforeAll(() => prepareDatabase(store.connection))
afterAll(async () => {
  await store.close()
  await database.drop()
})

class KilledError extends Error {}

const writes = new Set(['findOneAndUpdate', 'updateOne', 'deleteMany', 'deleteOne'])

/**
 * The collections as a process sees them that is killed at its `step`-th write, before MongoDB has it or after: its promise
 * never tells, so all that comes behind it never happens.
 */
const killedAt = (step: number, when: 'before' | 'after') => {
  let count = 0
  const dying = <Query extends object>(query: Query): Query =>
    new Proxy(query, {
      get: (target, name) => {
        if (name !== 'then') {
          const value = Reflect.get(target, name)
          return typeof value === 'function' ? (...args: unknown[]) => dying(value.apply(target, args) as Query) : value
        }
        return (resolve: (value: unknown) => void, reject: (error: unknown) => void) => {
          count += 1
          if (count < step) return (target as unknown as Promise<unknown>).then(resolve, reject)
          if (count === step && when === 'after') {
            return (target as unknown as Promise<unknown>).then(() => reject(new KilledError()), reject)
          }
          return reject(new KilledError())
        }
      },
    })
  const wrap = <Model extends object>(model: Model): Model =>
    new Proxy(model, {
      get: (target, name) => {
        const value = Reflect.get(target, name)
        if (!writes.has(String(name))) return value
        return (...args: unknown[]) => {
          const query = (value as (...args: unknown[]) => object).apply(target, args)
          return dying(query)
        }
      },
    })
  return {
    collections: {
      ...collections,
      erasures: wrap(collections.erasures),
      workouts: wrap(collections.workouts),
      tombstones: wrap(collections.tombstones),
      syncRuns: wrap(collections.syncRuns),
      fetchTickets: wrap(collections.fetchTickets),
      deadLetters: wrap(collections.deadLetters),
    } as typeof collections,
    wasKilled: () => count >= step,
  }
}

const erasureOver = (seen: typeof collections) =>
  createErasure({
    ...{ collections: seen, deliveries: createDeliveryLog(seen, systemClock), clock: systemClock },
    ...{ workouts: createWorkoutStore(seen, systemClock), grants: createGrantReader(seen) },
    events,
  })

/** More than one batch of workouts. */
const counts = { workouts: 501, tombstones: 2, sync_runs: 3, events: 7 }

/** What is stored of each athlete in `EVENTS`: as there, what was taken out is not counted a second time. */
const stored = new Map<string, number>()

const events: ErasureOptions['events'] = {
  end: async () => 1_000,
  count: async (athleteId) => stored.get(athleteId) ?? 0,
  purge: async (athleteId) => {
    const purged = stored.get(athleteId) ?? 0
    stored.set(athleteId, 0)
    return purged
  },
}

const endedLink = async (): Promise<OpenReceipt> => {
  const linkId = newId('link')
  const rowsOf = (count: number) =>
    Array.from({ length: count }, (_, index) => ({
      _id: newId('row'),
      linkId,
      source: 'strava',
      stravaActivityId: `${index}`,
    }))
  await store.connection.collection('workouts').insertMany(rowsOf(counts.workouts) as never[])
  await store.connection.collection('tombstones').insertMany(rowsOf(counts.tombstones) as never[])
  await store.connection.collection('sync_runs').insertMany(rowsOf(counts.sync_runs) as never[])
  const athleteId = newId('athlete')
  stored.set(athleteId, counts.events)
  return { receiptId: newId('receipt'), athleteId, linkId, requestedAt: new Date() }
}

const told = async ({ receiptId }: OpenReceipt) => {
  const { outbox = [], deleted, erasedAt } = (await collections.erasures.findById(receiptId).lean()) ?? {}
  return {
    events: outbox.map(({ type, data }) => [type, 'deleted' in data && data.deleted]),
    deleted,
    erased: Boolean(erasedAt),
  }
}
const complete = { events: [['athlete.erased', counts]], deleted: counts, erased: true }

it('counts each document once, wherever the process is killed', async () => {
  for (const when of ['before', 'after'] as const) {
    let wasKilled = true
    for (let step = 1; wasKilled; step += 1) {
      const link = await endedLink()
      const dying = killedAt(step, when)
      await erasureOver(dying.collections)
        .erase(link)
        .catch((error: unknown) => expect(error).toBeInstanceOf(KilledError))
      wasKilled = dying.wasKilled()
      await erasureOver(collections).erase(link)
      expect({ step, when, ...(await told(link)) }).toEqual({ step, when, ...complete })
    }
  }
})

it('counts each document once, however many processes erase at the same time', async () => {
  const link = await endedLink()
  await Promise.all(Array.from({ length: 6 }, () => erasureOver(collections).erase(link)))
  expect(await told(link)).toEqual(complete)
})
