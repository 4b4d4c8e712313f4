import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WebhookEvent } from '../../services/simulator/src/domain/webhook-events.ts'
import { until } from '../support/until.ts'
import {
  type Account,
  isLong,
  linkAll,
  setUpLimitMs,
  startServices,
  startWebhookBench,
  type WebhookBench,
} from '../support/webhook-bench.ts'

// Promise 18: forged webhooks destroy nothing, cost little, and keep nobody else's from being heard.
const forged = isLong ? 100_000 : 2_000
const inFlight = 16
const attacked: Account[] = ['anna', 'ben', 'chris']
const others: Account[] = ['dana', 'eva', 'busy']
const changesEach = 3
/** Calls an hour that webhooks may cause for an athlete, and looks at whether the athlete has revoked the app. */
const mostCalls = 10
const patienceMs = 600_000

let bench: WebhookBench
beforeAll(async () => {
  bench = await startWebhookBench()
  await startServices(bench)
  await linkAll(bench, [...attacked, ...others])
}, setUpLimitMs)
afterAll(() => bench?.stop())

interface Victim {
  account: Account
  linkId: string
  stravaAthleteId: number
  activityIds: number[]
}

const victimOf = async (account: Account): Promise<Victim> => {
  const { links, workouts } = bench.store.collections
  const link = await links.findOne({ athleteId: await bench.athleteIdOf(account) }).lean()
  if (!link) throw new Error(`${account} is not linked`)
  const stored = await workouts.find({ linkId: link._id }, { stravaActivityId: 1 }).lean()
  const activityIds = stored.map(({ stravaActivityId }) => Number(stravaActivityId))
  return { account, linkId: link._id, stravaAthleteId: Number(link.stravaAthleteId), activityIds }
}

/** Each is another one: of its own second. */
const forge = ({ stravaAthleteId, activityIds }: Victim, count: number): WebhookEvent => {
  const told = { subscription_id: 1, owner_id: stravaAthleteId, event_time: 1_700_000_000 + count }
  return count % 2 === 0
    ? {
        ...{ ...told, object_type: 'activity', aspect_type: 'delete', updates: {} },
        object_id: activityIds[count % activityIds.length] ?? 0,
      }
    : {
        ...{ ...told, object_type: 'athlete', aspect_type: 'update', updates: { authorized: 'false' } },
        object_id: stravaAthleteId,
      }
}

/** Forges without end; `stop` waits until so many were posted. */
const startFlood = (victims: readonly Victim[]) => {
  let count = 0
  let isStopping = false
  const lane = async () => {
    while (!isStopping || count < forged) {
      count += 1
      const victim = victims[count % victims.length]
      if (!victim) return
      await bench.postUntilAnswered(forge(victim, count))
    }
  }
  const lanes = Promise.all(Array.from({ length: inFlight }, lane))
  return {
    stop: () => {
      isStopping = true
      return lanes
    },
  }
}

/** Resolves to the time from the change at Strava until it is stored. */
const changed = async (account: Account): Promise<number> => {
  const changedAt = performance.now()
  const webhook = bench.edit(account)
  await bench.postUntilAnswered(webhook)
  const { workouts } = bench.store.collections
  await until(patienceMs, async () => {
    const isStored = await workouts.exists({
      stravaActivityId: `${webhook.object_id}`,
      name: webhook.updates.title ?? '',
    })
    if (!isStored) throw new Error(`the change of ${account} is not stored`)
  })
  return performance.now() - changedAt
}

test('forged deletions and revocations destroy nothing, cost little, and nobody else waits', {
  timeout: isLong ? 3_600_000 : 900_000,
}, async () => {
  const { store, fleet, untilTakenIn } = bench
  const { workouts, tombstones, links, receipts } = store.collections
  const { control } = fleet.simulator
  const victims = await Promise.all(attacked.map(victimOf))
  const before = await workouts.countDocuments()
  control.clearCalls()
  const startedAt = Date.now()

  const flood = startFlood(victims)
  const tookMs: number[] = []
  for (let change = 0; change < changesEach; change += 1) {
    tookMs.push(...(await Promise.all(others.map(changed))))
  }
  await flood.stop()
  // Nobody waits for the first pause, which is a minute.
  await untilTakenIn(10_000)

  expect(await workouts.countDocuments()).toBe(before)
  expect(await tombstones.countDocuments()).toBe(0)
  expect(await links.countDocuments({ status: 'active' })).toBe(attacked.length + others.length)
  expect(await receipts.countDocuments()).toBe(0)

  const { calls } = control.calls()
  const hours = Math.ceil((Date.now() - startedAt) / 3_600_000)
  for (const { account } of victims) {
    const own = calls.filter((call) => call.account === account)
    expect(own.length).toBeGreaterThan(0)
    expect(own.filter(({ endpoint }) => endpoint !== 'athlete').length).toBeLessThanOrEqual(mostCalls * hours)
    expect(own.filter(({ endpoint }) => endpoint === 'athlete').length).toBeLessThanOrEqual(mostCalls * hours)
  }
  if (isLong) {
    const slowest = tookMs.toSorted((one, other) => one - other).at(Math.floor(tookMs.length * 0.99))
    expect(slowest).toBeLessThan(2_000)
  }
})
