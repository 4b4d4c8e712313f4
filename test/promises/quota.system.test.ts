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

test('three processes with clocks 2 s apart call on both sides of an edge, and never over the limit', async () => {
  const { control } = fleet.simulator
  for (let edge = 1; edge <= edges; edge++) {
    control.reset()
    control.setLimits({ read: { quarterHour: limit, day: 10_000 } })
    const edgeMs = Math.ceil(Date.now() / quarterHourMs) * quarterHourMs
    control.setClock({ time: new Date(edgeMs - 15_000).toISOString() })
    const { quota, syncRuns } = syncs.store.collections
    await Promise.all([quota.deleteMany({}), syncRuns.deleteMany({})])
    // The limit is not known before the first answer.
    await syncs.askFor('anna', 'interactive')
    await until(10_000, async () => expect(control.limits().usage.read.quarterHour).toBeGreaterThan(0))
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
