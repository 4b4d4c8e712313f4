import { Secret } from '@slipstream/runtime'
import { goldenRows, goldenVersions, insertGoldenRows } from '@slipstream/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, type Harness, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness?.stop())

describe.each(goldenVersions)('a database written by %s', (version) => {
  it('has its runs continued, from whatever state they are in', async () => {
    const { collections, connection } = harness.store
    await insertGoldenRows(connection, version)
    // The quota of then is not asked for, nor are tokens that were sealed with a key of then.
    for (const collection of ['quota', 'credentials']) await connection.collection(collection).deleteMany({})
    for (const link of await connection.collection('links').find({ status: 'active' }).toArray()) {
      const { accessToken, refreshToken, expiresAt } = harness.simulator.control.grant('anna')
      const tokens = {
        accessToken: new Secret(accessToken),
        refreshToken: new Secret(refreshToken),
        accessExpiresAt: new Date(expiresAt),
      }
      const { athleteId, stravaAthleteId } = link
      await harness.vault.begin({ athleteId, stravaAthleteId, linkId: String(link._id), status: 'active', tokens })
    }
    await harness.startIngestion()
    const runs = connection.collection<{ _id: string }>('sync_runs')
    for (const row of goldenRows(version).get('sync_runs') ?? []) {
      const link = { athleteId: String(row.athleteId), linkId: String(row.linkId) }
      const request = { runId: String(row._id), requestedVersion: Number(row.requestedVersion) }
      await runs.replaceOne({ _id: request.runId }, { ...row, _id: request.runId })
      await harness.request(link, request)
      await harness.finishedRun(request.runId)
    }
    await eventually(async () =>
      expect(await collections.workouts.countDocuments({ 'outbox.0': { $exists: true } })).toBe(0),
    )
  })
})
