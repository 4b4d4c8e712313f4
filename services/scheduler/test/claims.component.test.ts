import type { ScheduleRow } from '@slipstream/records'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Harness, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness?.stop())

const hourMs = 60 * 60_000

const dueSchedule = ({ athleteId, linkId }: { athleteId: string; linkId: string }, lateMs: number): ScheduleRow => ({
  _id: athleteId,
  linkId,
  requestedVersion: 7,
  completedVersion: 7,
  request: {
    runId: `run_before_${athleteId}`,
    lane: 'scheduled',
    cause: 'hourly',
    window: { after: new Date(0), before: new Date() },
    requestedAt: new Date(),
  },
  manualRunId: null,
  publishedAt: null,
  nextDueAt: new Date(Date.now() - lateMs),
  outbox: [],
})

describe('hourly turns', () => {
  it('are taken by two schedulers at once: every athlete one run, also after hours of downtime', async () => {
    const past = new Date(Date.now() - 48 * hourMs)
    const links = await Promise.all(
      Array.from({ length: 200 }, () => harness.link({ linkedAt: past, statusSince: past })),
    )
    const rows = links.map(({ _id, athleteId }, index) => dueSchedule({ athleteId, linkId: _id }, index * 10 * 60_000))
    await harness.insertSchedules(rows)
    const paused = await harness.link({ status: 'reauth_required', linkedAt: past, statusSince: past })
    const open = await harness.link({ linkedAt: past, statusSince: past })
    await harness.insertSchedules([
      dueSchedule({ athleteId: paused.athleteId, linkId: paused._id }, hourMs),
      {
        ...dueSchedule({ athleteId: open.athleteId, linkId: open._id }, hourMs),
        completedVersion: 6,
        publishedAt: new Date(),
      },
    ])

    const timings = { claimEveryMs: 20, sweepEveryMs: hourMs }
    await Promise.all([harness.startScheduler(timings), harness.startScheduler(timings)])
    await vi.waitFor(async () => {
      expect(harness.requests.length).toBeGreaterThanOrEqual(200)
      expect(await harness.store.collections.schedules.countDocuments({ nextDueAt: { $lte: new Date() } })).toBe(0)
      expect(await harness.store.collections.schedules.countDocuments({ 'outbox.0': { $exists: true } })).toBe(0)
    })

    // Two relays may publish the same event; NATS stores it once. Every message ever stored has a number of its own.
    const { state } = await harness.bus.transport.manager.streams.info('SYNC')
    expect(state.last_seq).toBe(200)
    expect(new Set(harness.requests.map(({ athleteId }) => athleteId)).size).toBe(200)
    expect(new Set(harness.requests.map(({ runId }) => runId)).size).toBe(200)
    for (const request of harness.requests) {
      expect(request).toMatchObject({ lane: 'scheduled', cause: 'hourly', requestedVersion: 8 })
    }
    const untouched = await harness.schedule(paused.athleteId)
    expect(untouched).toMatchObject({ requestedVersion: 7, publishedAt: null })
    expect(untouched?.nextDueAt.getTime()).toBeGreaterThan(Date.now())
    expect(await harness.schedule(open.athleteId)).toMatchObject({ requestedVersion: 7, completedVersion: 6 })
  })

  it('are found by index', async () => {
    const plan = await harness.store.collections.schedules
      .find({ nextDueAt: { $lte: new Date() } })
      .sort({ nextDueAt: 1 })
      .limit(200)
      .explain('queryPlanner')
    expect(JSON.stringify(plan)).toContain('"indexName":"due"')
    expect(JSON.stringify(plan)).not.toContain('COLLSCAN')
  })
})
