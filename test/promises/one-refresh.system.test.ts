import { afterAll, beforeAll, expect, test } from 'vitest'
import { isLong, timings } from '../support/token-timings.ts'
import { startTokenBench, type TokenBench, type TokenWorker } from '../support/token-workers.ts'

// Promise 6: one refresh per expiry over replicas.
const processes = isLong ? 8 : 4
const callers = isLong ? 50 : 20
const expiries = isLong ? 1_000 : 50

let bench: TokenBench
let workers: TokenWorker[]
beforeAll(async () => {
  bench = await startTokenBench(timings)
  workers = await Promise.all(Array.from({ length: processes }, () => bench.startWorker()))
})
afterAll(() => bench?.stop())

test('as many token calls as expiries, however many processes and callers ask', { timeout: 3_600_000 }, async () => {
  const { linkId } = await bench.link('anna')
  for (let expiry = 1; expiry <= expiries; expiry++) {
    const answers = await Promise.all(workers.map((worker) => worker.ask(linkId, { callers })))
    expect(answers.flatMap(({ errors }) => errors)).toEqual([])
    expect(new Set(answers.flatMap(({ tokens }) => tokens)).size).toBe(1)
    await bench.expire(linkId)
  }
  expect(bench.refreshCalls('anna')).toEqual({ ok: expiries, refused: 0 })
  expect(await bench.credential(linkId)).toMatchObject({ status: 'active', tokenVersion: expiries + 1 })
})
