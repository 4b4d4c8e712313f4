import { randomBytes } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AskedSyncs, openAskedSyncs } from '../support/asked-syncs.ts'
import { type Fleet, startFleet } from '../support/fleet.ts'
import { until } from '../support/until.ts'

// Promise 10: no call over the quota, with real processes whose clocks differ, across real edges of quarter hours.
// Many more of them pass in simulated time, in libs/quota/test/replicas.unit.test.ts.
const isLong = process.env.SLIPSTREAM_LONG === '1'
const edges = isLong ? 20 : 1
const clocksAheadMs = [-2_000, 300, 2_000]
const quarterHourMs = 15 * 60_000
const limit = 24
/** What scheduled work leaves to people until the last fifth of a quarter hour. */
const mostScheduled = Math.floor(limit * 0.8)
const queued = 1_000
/** A condition that comes late says something of the machine. */
const patienceMs = 600_000

const tokenKeys = `test:${randomBytes(32).toString('base64')}`
const shiftedClock = pathToFileURL(`${import.meta.dirname}/../support/shifted-clock.ts`).href

let fleet: Fleet
let syncs: AskedSyncs
beforeAll(async () => {
  fleet = await startFleet()
  syncs = await openAskedSyncs(fleet, tokenKeys)
  for (const aheadMs of clocksAheadMs) {
    const env = {
      TOKEN_KEYS: tokenKeys,
      LOG_LEVEL: 'warn',
      NODE_OPTIONS: `--import ${shiftedClock}`,
      CLOCK_AHEAD_MS: String(aheadMs),
    }
    await (await fleet.start('ingestion', { env })).untilReady()
  }
})
afterAll(async () => {
  await syncs?.close()
  await fleet?.stop()
})

/** A window of Strava's that nobody has used, and a ledger that has heard of its limit: it is not known before the first answer. */
const beginWindow = async (edgeMs: number, beforeEdgeMs: number) => {
  const { control } = fleet.simulator
  control.reset()
  control.setLimits({ read: { quarterHour: limit, day: 10_000 } })
  control.setClock({ time: new Date(edgeMs - beforeEdgeMs).toISOString() })
  // What was asked for before is nobody's any more.
  const collections = ['links', 'schedules', 'sync_runs', 'quota']
  await Promise.all(collections.map((name) => syncs.store.connection.collection(name).deleteMany({})))
  const { syncRuns } = syncs.store.collections
  const runId = await syncs.askFor('anna', 'interactive')
  await until(patienceMs, async () => expect((await syncRuns.findById(runId).lean())?.state).toBe('finished'))
}

const nextEdge = () => Math.ceil(Date.now() / quarterHourMs) * quarterHourMs

test('three processes with clocks 2 s apart call on both sides of an edge, and never over the limit', async () => {
  const { control } = fleet.simulator
  for (let edge = 1; edge <= edges; edge++) {
    await beginWindow(nextEdge(), 15_000)
    // More than both windows hold together.
    await Promise.all(
      Array.from({ length: 2 * limit + 8 }, (_, index) =>
        syncs.askFor(['anna', 'ben', 'chris', 'dana'][index % 4] ?? '', 'interactive'),
      ),
    )
    const [before, after] = await until(90_000, async () => {
      const { quarterHours } = control.limits()
      expect(quarterHours).toHaveLength(2)
      expect(quarterHours[1]?.calls).toBeGreaterThanOrEqual(limit)
      return quarterHours
    })
    expect([before?.overLimit, after?.overLimit]).toEqual([0, 0])
    // How much of the first was left to use depends on the machine.
    expect(before?.calls).toBeLessThanOrEqual(limit)
    expect(after?.calls).toBe(limit)
  }
})

test('a sync that a person asks for is the next call, whatever is queued', { timeout: 2 * patienceMs }, async () => {
  const { control } = fleet.simulator
  await beginWindow(nextEdge(), (quarterHourMs * 2) / 3)
  let left = queued
  const askForAll = async (account: string) => {
    while (left > 0) {
      left -= 1
      await syncs.askFor(account, 'scheduled')
    }
  }
  await Promise.all(['anna', 'ben', 'chris', 'dana'].flatMap((account) => [1, 2, 3].map(() => askForAll(account))))
  const lists = () => control.calls().calls.filter(({ endpoint }) => endpoint === 'activities')
  await until(patienceMs, async () => expect(lists().length).toBeGreaterThanOrEqual(mostScheduled))

  await syncs.askFor('eva', 'interactive')
  await until(patienceMs, async () => expect(lists().length).toBeGreaterThan(mostScheduled))
  expect(lists()[mostScheduled]?.account).toBe('eva')
  expect(control.limits().quarterHours.map(({ overLimit }) => overLimit)).toEqual([0])
  const made = { lane: 'scheduled', state: 'finished' } as const
  expect(await syncs.store.collections.syncRuns.countDocuments(made)).toBeLessThanOrEqual(mostScheduled)
})
