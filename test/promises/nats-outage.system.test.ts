import { afterAll, beforeAll, expect, test } from 'vitest'
import type { WebhookEvent } from '../../services/simulator/src/domain/webhook-events.ts'
import { startLoad } from '../support/constant-load.ts'
import { until } from '../support/until.ts'
import {
  accounts,
  isLong,
  linkAll,
  setUpLimitMs,
  startServices,
  startWebhookBench,
  type WebhookBench,
} from '../support/webhook-bench.ts'

// Promise 11: a NATS outage does not fail webhooks. The CI form shortens the outage of a minute.
const outageMs = isLong ? 30 * 60_000 : 9_000
const everyMs = 20
const duringOutage = outageMs / everyMs
/** A machine that cannot keep up with the rate makes it slower, and the outage longer. */
const mostInWork = 16

let bench: WebhookBench
beforeAll(async () => {
  bench = await startWebhookBench()
  await startServices(bench)
  await linkAll(bench)
}, setUpLimitMs)
afterAll(() => bench?.stop())

test('webhooks are answered while NATS is away, and caught up with afterwards', {
  timeout: 3 * outageMs + 900_000,
}, async () => {
  const { fleet, process } = bench
  bench.slowLists()
  const posted: WebhookEvent[] = []
  let inWork = 0
  const load = startLoad(everyMs, async () => {
    if (inWork === mostInWork) return null
    const webhook = bench.edit(accounts[posted.length % accounts.length] ?? 'anna')
    posted.push(webhook)
    inWork += 1
    const status = await bench.postAsStrava(webhook)
    inWork -= 1
    return status === 200 ? null : `a webhook was answered ${status}`
  })
  const untilPosted = (count: number) =>
    until(20 * outageMs, async () => {
      if (posted.length < count) throw new Error(`${posted.length} webhooks were posted`)
    })

  await untilPosted(50)
  await fleet.nats.stop()
  const before = posted.length
  await untilPosted(before + duringOutage)
  await fleet.nats.restart()
  await untilPosted(before + duringOutage + 50)
  const { failures } = await load.stop()
  expect(failures).toEqual([])
  expect(await bench.lost(posted)).toBe(0)

  for (const name of ['gateway', 'scheduler', 'ingestion'] as const) {
    await process(name).untilReady()
    expect(process(name).output()).toContain('NATS is back')
  }
  await bench.untilTakenIn()
  await bench.untilEqual()
})
