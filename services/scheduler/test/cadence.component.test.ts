import { createDayBudget } from '@slipstream/quota'
import type { LinkRow, QuotaRow, SyncRunRow } from '@slipstream/records'
import { newId } from '@slipstream/runtime'
import { createLogger, createMetrics } from '@slipstream/telemetry'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createLinkReader } from '../src/adapters/link-reader.ts'
import { createRunReader } from '../src/adapters/run-reader.ts'
import { createFacts } from '../src/facts.ts'
import { createCadence } from '../src/requests/cadence.ts'
import { type Harness, startHarness } from './harness.ts'

const minuteMs = 60_000
let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness?.stop())

const athletes = (count: number, status: LinkRow['status'] = 'active') =>
  Promise.all(Array.from({ length: count }, () => harness.link({ status })))

const turn = async (changes: Partial<SyncRunRow>) =>
  harness.insertRun({ _id: newId('run'), lane: 'scheduled', outcome: 'succeeded', finishedAt: new Date(), ...changes })

it('is found in what is stored: athletes who take turns, calls of the last turns, and what others leave of a day', async () => {
  let now = new Date('2026-11-20T12:00:00Z')
  const lines: { level: string; everyMinutes?: number }[] = []
  const metrics = createMetrics('scheduler')
  const { collections } = harness.store
  const clock = { now: () => now }
  const cadence = createCadence({
    settings: { mode: 'auto', intervalMs: 60 * minuteMs, windowDays: 28 },
    links: createLinkReader(collections),
    runs: createRunReader(collections),
    dayBudget: createDayBudget(collections, clock),
    clock,
    facts: createFacts(
      createLogger('test', 'info', { write: (line: string) => lines.push(JSON.parse(line)) }),
      metrics,
    ),
  })
  expect(await cadence()).toEqual({ intervalMs: 60 * minuteMs, isStretched: false, windowDays: 28 })
  expect(lines).toEqual([])

  const counts = (calls: number) => ({ listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls })
  await athletes(100)
  await athletes(20, 'reauth_required')
  await athletes(5, 'paused')
  await turn({ counts: counts(1) })
  await turn({ counts: counts(2) })
  await turn({ lane: 'realtime', counts: counts(90) })
  await turn({ outcome: 'failed', counts: counts(90) })
  const bucket = (limit: number, windowStart: string) => ({ limit, used: 0, windowStart: new Date(windowStart) })
  const before = { used: 400, byLane: { scheduled: 100 } }
  await harness.store.connection.collection<QuotaRow>('quota').insertOne({
    ...{ _id: '12345', inactiveSince: null, failuresInRow: 0, unavailableSince: null, nextProbeAt: null, revision: 1 },
    overall15m: bucket(200, '2026-11-20T12:00:00Z'),
    overallDay: bucket(2_000, '2026-11-20T00:00:00Z'),
    read15m: bucket(100, '2026-11-20T12:00:00Z'),
    readDay: { ...bucket(1_000, '2026-11-20T00:00:00Z'), before },
  })
  // It holds for a minute.
  expect((await cadence()).isStretched).toBe(false)
  now = new Date(now.getTime() + minuteMs)
  // 100 athletes × 1.5 calls, of 19 twentieths of 900 − 300 a day.
  expect(await cadence()).toEqual({ intervalMs: 379 * minuteMs, isStretched: true, windowDays: 28 })
  expect(lines).toEqual([expect.objectContaining({ level: 'warn', everyMinutes: 379 })])
  expect(await metrics.registry.metrics()).toMatch(/slipstream_turn_interval_seconds\S* 22740/)

  await harness.store.connection.collection('links').deleteMany({})
  now = new Date(now.getTime() + minuteMs)
  expect((await cadence()).isStretched).toBe(false)
  expect(lines).toHaveLength(2)
})
