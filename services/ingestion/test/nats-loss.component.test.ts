import type { RunningService } from '@slipstream/service'
import { createLogger, createMetrics } from '@slipstream/telemetry'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createScheduler } from '../../scheduler/src/service.ts'
import { eventually, type Harness, startHarness, type TestLink } from './harness.ts'

let harness: Harness
let scheduler: RunningService
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion({ leaseMs: 2000, renewLeaseEveryMs: 500 })
  scheduler = createScheduler(
    {
      mongodbUri: harness.config.mongodbUri,
      natsUrl: harness.config.natsUrl,
      opsPort: 0,
      opsHost: '127.0.0.1',
      natsAccess: { creds: null, ca: null },
      natsStreamReplicas: 1,
      logLevel: 'silent',
      cadence: { mode: 'auto', intervalMs: 3_600_000, windowDays: 28 },
    },
    {
      log: createLogger('scheduler', 'silent'),
      metrics: createMetrics('scheduler'),
      timings: { claimEveryMs: 100, sweepEveryMs: 200, staleAfterMs: 1000 },
    },
  )
  await scheduler.start()
})
afterAll(async () => {
  await scheduler?.stop()
  await harness?.stop()
})
beforeEach(async () => {
  harness.simulator.control.reset()
  await harness.store.collections.quota.deleteMany({})
})

const schedule = ({ athleteId }: TestLink) => harness.store.collections.schedules.findById(athleteId).lean()
const completed = (link: TestLink, version: number) =>
  eventually(async () =>
    expect(await schedule(link)).toMatchObject({
      requestedVersion: version,
      completedVersion: version,
      publishedAt: null,
    }),
  )
const stored = ({ linkId }: TestLink) => harness.store.collections.workouts.countDocuments({ linkId })

describe('scheduler and ingestion together', () => {
  it('import a link nobody told of, and close the row', async () => {
    const link = await harness.link('anna')
    await completed(link, 1)
    expect(await stored(link)).toBeGreaterThan(5)
  })

  it('run a due athlete once', async () => {
    const link = await harness.link('ben')
    await completed(link, 1)
    // The test plays the clock here; the row is the scheduler's.
    await harness.store.connection
      .collection<{ _id: string }>('schedules')
      .updateOne({ _id: link.athleteId }, { $set: { nextDueAt: new Date(Date.now() - 1) } })
    await completed(link, 2)
    const runs = await harness.store.collections.syncRuns.find({ linkId: link.linkId }).sort({ requestedAt: 1 }).lean()
    expect(runs.map(({ cause, outcome }) => [cause, outcome])).toEqual([
      ['linked', 'succeeded'],
      ['hourly', 'succeeded'],
    ])
    expect(runs[1]?.counts).toMatchObject({ created: 0, updated: 0, calls: 1 })
  })

  it('honour a sync asked for by hand during a run with the run after it', async () => {
    const { control } = harness.simulator
    const { syncRuns, workouts } = harness.store.collections
    control.setFaults({
      rules: [{ endpoint: 'activities', effect: { kind: 'hold', when: 'after_work' }, times: 1 }],
    })
    const link = await harness.link('chris')
    await eventually(() => expect(control.heldCalls()).toHaveLength(1))
    const late = control.lateUpload('chris')
    const manualSync = { runId: 'run_by_hand', requestedAt: new Date() }
    await harness.store.connection
      .collection<{ _id: string }>('links')
      .updateOne({ _id: link.linkId }, { $set: { manualSync } })
    await eventually(async () => expect(await schedule(link)).toMatchObject({ manualRunId: manualSync.runId }))
    control.releaseHeld()
    await completed(link, 2)
    const runs = await syncRuns.find({ linkId: link.linkId }).sort({ startedAt: 1 }).lean()
    expect(runs.map(({ cause, outcome, answers }) => [cause, outcome, answers?.interactive])).toEqual([
      ['linked', 'succeeded', 1],
      ['manual', 'succeeded', 2],
    ])
    expect(runs[1]?._id).toBe(manualSync.runId)
    expect(await workouts.countDocuments({ linkId: link.linkId, stravaActivityId: String(late.id) })).toBe(1)
  })

  it('finish everything that was under way when NATS lost its store, three times', async () => {
    harness.simulator.control.setLatency(150)
    const links = await Promise.all(
      ['anna', 'ben', 'chris', 'dana', 'eva', 'busy'].map((account) => harness.link(account)),
    )
    for (let round = 0; round < 3; round += 1) {
      await eventually(async () => {
        const progress = await Promise.all(links.map(stored))
        expect(progress.filter((count) => count > 0).length).toBeGreaterThan(round)
      })
      await harness.nats.wipe()
    }
    for (const link of links) await completed(link, 1)
    expect(await Promise.all(links.slice(-1).map(stored))).toEqual([450])
    const { workouts, deadLetters } = harness.store.collections
    await eventually(async () => expect(await workouts.countDocuments({ 'outbox.0': { $exists: true } })).toBe(0))
    expect(await workouts.countDocuments({ version: { $ne: 1 } })).toBe(0)
    expect(await deadLetters.countDocuments()).toBe(0)
  }, 180_000)
})
