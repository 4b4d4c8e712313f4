import { goldenRows, goldenVersions, insertGoldenRows } from '@slipstream/testing'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Harness, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness?.stop())

describe.each(goldenVersions)('a database written by %s', (version) => {
  it('has its schedules carried on, from whatever state they are in', async () => {
    const { connection } = harness.store
    await insertGoldenRows(connection, version)
    await harness.startScheduler({ claimEveryMs: 100, sweepEveryMs: 50, staleAfterMs: 200 })
    const schedules = connection.collection<{ _id: string }>('schedules')
    for (const row of goldenRows(version).get('schedules') ?? []) {
      const athleteId = String(row._id)
      await harness.bus.transport.manager.streams.purge('SYNC')
      harness.requests.length = 0
      // Stored long ago: what is open is looked for, what is not is due.
      const old = { nextDueAt: new Date(0), publishedAt: row.publishedAt && new Date(0) }
      // A replica of a later release works beside this one.
      await schedules.replaceOne({ _id: athleteId }, { ...row, ...old, _id: athleteId, later: { note: 1 } } as never)
      await vi.waitFor(async () => {
        const carriedOn = await harness.schedule(athleteId)
        // Asked for, or found to be answered by a run that has ended since.
        const isAnswered =
          row.completedVersion !== row.requestedVersion && carriedOn?.completedVersion === row.requestedVersion
        expect(isAnswered || harness.requests.some((request) => request.athleteId === athleteId)).toBe(true)
      })
      expect(await schedules.findOne({ _id: athleteId })).toMatchObject({ later: { note: 1 } })
    }
  })
})
