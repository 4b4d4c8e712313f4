import { connectStore, type Store } from '@slipstream/persistence'
import { createLogger } from '@slipstream/telemetry'
import { linkRow, startTestNats, type TestNats } from '@slipstream/testing'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { gatewayConfig } from '../../services/gateway/src/config.ts'
import { createGateway, type Gateway } from '../../services/gateway/src/service.ts'
import { simulatedStrava } from '../support/simulated-strava.ts'
import { isLong, timeFactor, timings } from '../support/token-timings.ts'
import { startTokenBench, steps, type TokenBench, type TokenWorker } from '../support/token-workers.ts'
import { until } from '../support/until.ts'

// Promise 8: a crash during rotation is bounded and visible; a repeated signal is no crash.
const rounds = isLong ? 200 : 1
/** Shortened less than the rest: it bounds how long is waited, also on a machine that is busy. */
const visibleWithinMs = isLong ? 90_000 : 30_000
const accounts = ['anna', 'ben', 'chris', 'dana'] as const

let bench: TokenBench
let other: TokenWorker
let nats: TestNats
let gateway: Gateway
let store: Store<'gateway'>
beforeAll(async () => {
  ;[bench, nats] = await Promise.all([startTokenBench(timings), startTestNats()])
  other = await bench.startWorker()
  const { simulator, mongo, tokenKeys } = bench
  const config = gatewayConfig({
    MONGODB_URI: mongo.uri,
    NATS_URL: nats.url,
    PORT: '0',
    OPS_PORT: '0',
    ...simulatedStrava(simulator),
    TOKEN_KEYS: tokenKeys,
  })
  gateway = createGateway(config, { log: createLogger('gateway', 'silent'), sweepIntervalMs: 15_000 / timeFactor })
  await gateway.start()
  store = await connectStore({ uri: mongo.uri, owner: 'gateway' })
})
afterAll(async () => {
  await store?.close()
  await gateway?.stop()
  await bench?.stop()
  await nats?.remove()
})

/** A link as the gateway has it. Nothing publishes events here: what it learns it learns from the rows. */
const link = async (account: string) => {
  const ids = await bench.link(account)
  await store.collections.links.deleteMany({ stravaAthleteId: ids.stravaAthleteId })
  const { linkId: _id, athleteId, stravaAthleteId } = ids
  await store.collections.links.create(linkRow({ _id, athleteId, stravaAthleteId }))
  return ids.linkId
}

const statusOf = async (linkId: string) => (await store.collections.links.findById(linkId).lean())?.status

describe.each(Array.from({ length: rounds }, (_, round) => round + 1))('round %i', () => {
  test('kill -9 at any step: only "rotated, not stored" loses the grant, and the link says so', {
    timeout: 600_000,
  }, async () => {
    await Promise.all(
      steps.map(async (step, index) => {
        const linkId = await link(accounts[index]!)
        const worker = await bench.startWorker()
        void worker.ask(linkId, { halt: { at: step, how: 'SIGKILL' } })
        expect(await worker.exited()).toMatchObject({ signal: 'SIGKILL' })
        if (step !== 'rotated') {
          await until(visibleWithinMs, async () => expect(await bench.isAlive(other, linkId)).toBe(true))
          expect(await statusOf(linkId)).toBe('active')
          return
        }
        const asking = until(visibleWithinMs, async () =>
          expect((await other.ask(linkId)).errors).toEqual(['grant_dead']),
        )
        await until(visibleWithinMs, async () => expect(await statusOf(linkId)).toBe('reauth_required'))
        await asking
      }),
    )
  })

  test('a grant that counted as dead and comes back makes its link active again', { timeout: 600_000 }, async () => {
    const linkId = await link('anna')
    const worker = await bench.startWorker()
    void worker.ask(linkId, { halt: { at: 'rotated', how: 'SIGSTOP' } })
    await worker.halted(linkId)
    await until(visibleWithinMs, async () => expect((await other.ask(linkId)).errors).toEqual(['grant_dead']))
    await until(visibleWithinMs, async () => expect(await statusOf(linkId)).toBe('reauth_required'))
    worker.signal('SIGCONT')
    await until(visibleWithinMs, async () => expect(await statusOf(linkId)).toBe('active'))
    expect(await bench.isAlive(other, linkId)).toBe(true)
    worker.signal('SIGTERM')
  })

  test('SIGTERM three times at any step loses nothing', { timeout: 600_000 }, async () => {
    await Promise.all(
      steps.map(async (step, index) => {
        const linkId = await link(accounts[index]!)
        const worker = await bench.startWorker()
        void worker.ask(linkId, { halt: { at: step, how: 'wait' } })
        await worker.halted(linkId)
        worker.signal('SIGTERM')
        await worker.heardStop()
        worker.signal('SIGTERM')
        worker.signal('SIGINT')
        worker.goOn()
        expect(await worker.exited()).toEqual({ code: 0, signal: null })
        await until(visibleWithinMs, async () => expect(await bench.isAlive(other, linkId)).toBe(true))
        expect(await statusOf(linkId)).toBe('active')
      }),
    )
  })
})
