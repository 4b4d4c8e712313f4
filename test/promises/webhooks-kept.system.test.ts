import { afterAll, beforeAll, expect, test } from 'vitest'
import { seededRandom } from '../../services/simulator/src/domain/random.ts'
import type { WebhookEvent } from '../../services/simulator/src/domain/webhook-events.ts'
import {
  accounts,
  isLong,
  linkAll,
  setUpLimitMs,
  startServices,
  startWebhookBench,
  type WebhookBench,
} from '../support/webhook-bench.ts'

// Promise 1: a webhook answered 200 is never lost.
const webhooks = isLong ? 1_000_000 : 5_000
const kills = isLong ? 500 : 20
const inFlight = 16
const seed = process.env.SLIPSTREAM_SEED ?? String(Date.now())

let bench: WebhookBench
beforeAll(async () => {
  bench = await startWebhookBench()
  await startServices(bench)
  await linkAll(bench)
}, setUpLimitMs)
afterAll(() => bench?.stop())

const victims = ['gateway', 'ingestion', 'nats', 'mongod'] as const

const killAndRestart = async (victim: (typeof victims)[number]): Promise<void> => {
  const { mongo, nats } = bench.fleet
  switch (victim) {
    case 'mongod':
      await mongo.kill()
      return mongo.restart()
    case 'nats':
      await nats.kill()
      return nats.restart()
    default:
      await bench.process(victim).end('SIGKILL')
      return bench.start(victim)
  }
}

/** Posts what athletes change, some at a time, and calls back when so many are answered. */
const postChanges = async (count: number, at: number, callBack: () => void): Promise<WebhookEvent[]> => {
  const answered: WebhookEvent[] = []
  let left = count
  const lane = async () => {
    while (left > 0) {
      left -= 1
      const webhook = bench.edit(accounts[left % accounts.length] ?? 'anna')
      await bench.postUntilAnswered(webhook)
      answered.push(webhook)
      if (answered.length === at) callBack()
    }
  }
  await Promise.all(Array.from({ length: inFlight }, lane))
  return answered
}

test('a webhook answered 200 is never lost, whatever is killed', {
  timeout: isLong ? 86_400_000 : 3_600_000,
}, async () => {
  console.info(`SLIPSTREAM_SEED=${seed}`)
  const random = seededRandom(seed)
  bench.slowLists()
  const perKill = webhooks / kills
  const answered: WebhookEvent[] = []
  for (let kill = 0; kill < kills; kill += 1) {
    const victim = random.pick(victims)
    const killed = Promise.withResolvers<void>()
    const strike = () => killed.resolve(killAndRestart(victim))
    answered.push(...(await postChanges(perKill, random.integer(1, perKill), strike)))
    await killed.promise
  }
  expect(answered).toHaveLength(webhooks)
  expect(await bench.lost(answered)).toBe(0)
  await bench.untilTakenIn()
  await bench.untilEqual()
})
