import { workoutPageSchema } from '@slipstream/contracts'
import { goldenRows, goldenVersions, insertGoldenRows } from '@slipstream/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type System, startSystem } from './support/system.ts'

let system: System
beforeEach(async () => {
  system = await startSystem()
})
afterEach(() => system?.stop())

describe.each(goldenVersions)('a database written by %s', (version) => {
  it('is served to each of its athletes', async () => {
    const { connection } = system.store
    await insertGoldenRows(connection, version)
    const rows = goldenRows(version)
    const ownersIn = (collection: string) => (rows.get(collection) ?? []).map(({ athleteId }) => String(athleteId))
    const owners = new Set(['links', 'receipts', 'workouts'].flatMap(ownersIn))
    for (const _id of owners) {
      const athlete = { issuer: system.issuer.url, subject: _id, createdAt: new Date() }
      await connection.collection<{ _id: string }>('athletes').replaceOne({ _id }, athlete, { upsert: true })
      const { call, json } = await system.signIn(_id)
      const paths = ['strava/status', 'workouts', 'training-load', 'profile/summary']
      for (const path of paths) expect([path, (await call('GET', `/api/v1/${path}`)).status]).toEqual([path, 200])
      const workouts = await json('GET', '/api/v1/workouts')
      // What a row of then lacks is filled in here, not left to the reader.
      expect(workouts).toEqual(workoutPageSchema.parse(workouts))
      const link = rows.get('links')?.findLast(({ athleteId }) => athleteId === _id)
      expect(await json('GET', '/api/v1/strava/status')).toMatchObject({ status: link?.status ?? 'not_linked' })
    }
    for (const { _id, athleteId } of rows.get('receipts') ?? []) {
      const { json } = await system.signIn(String(athleteId))
      expect(await json('GET', `/api/v1/strava/receipts/${_id}`)).toMatchObject({ receiptId: _id })
    }
  })
})
