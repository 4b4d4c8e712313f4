import { randomBytes } from 'node:crypto'
import { pathToFileURL } from 'node:url'
import { type Bus, connectBus, newEvent } from '@slipstream/messaging'
import { connectStore, type Store } from '@slipstream/persistence'
import { newId, Secret, systemClock } from '@slipstream/runtime'
import { createLogger } from '@slipstream/telemetry'
import { createGrantVault, parseTokenKeys } from '@slipstream/vault'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Fleet, startFleet } from '../support/fleet.ts'
import { until } from '../support/until.ts'

// Promise 10: no call over the quota, with real processes whose clocks differ, across real edges of quarter hours.
// Many more of them pass in simulated time, in libs/quota/test/replicas.unit.test.ts.
const isLong = process.env.SLIPSTREAM_LONG === '1'
const edges = isLong ? 20 : 1
const clocksAheadMs = [-2_000, 300, 2_000]
const quarterHourMs = 15 * 60_000
const dayMs = 24 * 60 * 60_000
const limit = 24

const tokenKeys = `test:${randomBytes(32).toString('base64')}`
const shiftedClock = pathToFileURL(`${import.meta.dirname}/../support/shifted-clock.ts`).href

let fleet: Fleet
let store: Store<'ingestion'>
let bus: Bus
beforeAll(async () => {
  fleet = await startFleet()
  store = await connectStore({ uri: fleet.mongo.uri, owner: 'ingestion' })
  bus = await connectBus({ url: fleet.nats.url, source: 'scheduler', log: createLogger('test', 'silent') })
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
  await bus?.close()
  await store?.close()
  await fleet?.stop()
})

/** A link whose tokens belong to a simulated account, and a request to list it: two calls. */
const askFor = async (account: string): Promise<void> => {
  const { accessToken, refreshToken, expiresAt } = fleet.simulator.control.grant(account)
  const stravaAthleteId = newId('strava')
  const ids = { athleteId: newId('athlete'), linkId: newId('link') }
  const vault = createGrantVault({
    collections: store.collections,
    keyring: parseTokenKeys(tokenKeys),
    clock: systemClock,
  })
  await vault.begin({
    ...{ stravaAthleteId, ...ids, status: 'active' },
    tokens: {
      accessToken: new Secret(accessToken),
      refreshToken: new Secret(refreshToken),
      accessExpiresAt: new Date(expiresAt),
    },
  })
  const now = new Date()
  await store.connection.collection<{ _id: string }>('links').insertOne({
    ...{ _id: ids.linkId, athleteId: ids.athleteId, stravaAthleteId, displayName: account },
    ...{ status: 'active', statusSince: now, errorCode: null, scopes: ['read', 'activity:read_all'] },
    ...{ linkedAt: now, manualSync: null, outbox: [] },
  } as never)
  // As the scheduler asks: the want in its row, and a message that wakes ingestion.
  const want = {
    ...{ asked: 1, answered: 0, runId: newId('run'), cause: 'manual' as const },
    ...{ windowDays: 28, requestedAt: now },
  }
  await store.connection.collection<{ _id: string }>('schedules').insertOne({
    ...{ _id: ids.athleteId, linkId: ids.linkId, requestedVersion: 1, completedVersion: 0, request: null },
    ...{ wants: { interactive: want }, manualRunId: null, publishedAt: now, nextDueAt: now, outbox: [] },
  } as never)
  const window = {
    after: new Date(now.getTime() - 28 * dayMs).toISOString(),
    before: new Date(now.getTime() + dayMs).toISOString(),
  }
  const told = { runId: want.runId, lane: 'interactive' as const, cause: 'manual' as const, window }
  const versions = { activityIds: [], requestedVersion: 1, laneVersion: 1, requestedAt: now.toISOString() }
  await bus.publish(newEvent('sync.requested', { ...ids, ...told, ...versions }, { id: newId('evt'), now }))
}

test('three processes with clocks 2 s apart call on both sides of an edge, and never over the limit', async () => {
  const { control } = fleet.simulator
  for (let edge = 1; edge <= edges; edge++) {
    control.reset()
    control.setLimits({ read: { quarterHour: limit, day: 10_000 } })
    const edgeMs = Math.ceil(Date.now() / quarterHourMs) * quarterHourMs
    control.setClock({ time: new Date(edgeMs - 15_000).toISOString() })
    const { quota, syncRuns } = store.collections
    await Promise.all([quota.deleteMany({}), syncRuns.deleteMany({})])
    // The limit is not known before the first answer.
    await askFor('anna')
    await until(10_000, async () => expect(control.limits().usage.read.quarterHour).toBeGreaterThan(0))
    // More than both windows hold together.
    await Promise.all(
      Array.from({ length: 2 * limit + 8 }, (_, index) => askFor(['anna', 'ben', 'chris', 'dana'][index % 4] ?? '')),
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
