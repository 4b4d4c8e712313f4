import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isLong, timings } from '../support/token-timings.ts'
import { type Step, startTokenBench, steps, type TokenBench, type TokenWorker } from '../support/token-workers.ts'
import { until } from '../support/until.ts'

// Promise 7: a paused worker, or a store that is away, neither overwrites newer tokens nor loses a living grant.
const rounds = isLong ? 200 : 1
const frozenMs = isLong ? 90_000 : 9_000
/** Longer than the 10 s after which the driver gives up to find a server; that is not shortened. */
const awayMs = isLong ? 90_000 : 12_000
/** Past the 10 s that calls to Strava have otherwise; not shortened, as theirs are not. */
const stallMs = isLong ? 40_000 : 11_000
const accounts = ['anna', 'ben', 'chris', 'dana', 'busy'] as const

let bench: TokenBench
let other: TokenWorker
let workers: TokenWorker[]
beforeAll(async () => {
  bench = await startTokenBench(timings)
  const [first, ...others] = await Promise.all([1, ...accounts].map(() => bench.startWorker()))
  other = first!
  workers = others
})
afterAll(() => bench?.stop())

const expectAlive = async (linkId: string) => {
  expect(await bench.isAlive(other, linkId)).toBe(true)
  expect(await bench.credential(linkId)).toMatchObject({ status: 'active' })
}

/** Keeps asking as runs do, each time as patient as a caller is, until the link's tokens were given or are dead. */
const askUntilDecided = (linkId: string) =>
  until(60_000, async () => {
    const { tokens, errors } = await other.ask(linkId)
    if (tokens.length === 0 && errors[0] !== 'grant_dead') throw new Error(`undecided: ${errors}`)
    return tokens.length > 0 ? 'token' : 'dead'
  })

describe.each(Array.from({ length: rounds }, (_, round) => round + 1))('round %i', () => {
  test('a process that stands still past its lease at any step of a refresh', { timeout: 600_000 }, async () => {
    /** What the other process is told in the meantime, before this one goes on. */
    const meanwhile: { step: Step; is: 'token' | 'dead' | 'refused' }[] = [
      { step: 'looking', is: 'token' },
      { step: 'leased', is: 'token' },
      { step: 'rotated', is: 'refused' },
      { step: 'rotated', is: 'dead' },
      { step: 'stored', is: 'token' },
    ]
    await Promise.all(
      meanwhile.map(async ({ step, is }, index) => {
        const worker = workers[index]!
        const { linkId } = await bench.link(accounts[index]!)
        const late = worker.ask(linkId, { halt: { at: step, how: 'SIGSTOP' } })
        await worker.halted(linkId)
        if (is === 'refused') {
          void other.ask(linkId)
          // Refused, and held back: the lease is as long as this one's and half of it again.
          await until(60_000, async () => {
            const leaseUntil = (await bench.store.collections.credentials.findById(linkId).lean())?.leaseUntil
            if (!leaseUntil || leaseUntil.getTime() < Date.now() + timings.leaseMs / 2) throw new Error('not leased')
            expect((await bench.credential(linkId))?.status).toBe('active')
          })
        } else expect(await askUntilDecided(linkId)).toBe(is)
        worker.signal('SIGCONT')
        const { tokens, errors } = await late
        // Its callers get a token, if they were still waiting for one.
        if (tokens.length === 0) expect(errors).toEqual(['refresh_unavailable'])
        await until(10_000, () => expectAlive(linkId))
      }),
    )
  })

  test('an answer that takes longer than any other call may, and a stall of all processes', {
    timeout: 600_000,
  }, async () => {
    const slow = async () => {
      const { linkId } = await bench.link('anna')
      const asked = workers[0]!.ask(linkId)
      await until(10_000, async () => expect(bench.simulator.control.heldCalls()).toHaveLength(2))
      expect((await asked).errors).toEqual(['refresh_unavailable'])
      return linkId
    }
    const stalled = async () => {
      const { linkId } = await bench.link('ben')
      void workers[1]!.ask(linkId)
      await until(10_000, async () => expect(bench.simulator.control.heldCalls()).toHaveLength(2))
      return linkId
    }
    const hold = { kind: 'hold', when: 'after_work' } as const
    const rules = ['anna', 'ben'].map((athlete) => ({ endpoint: 'refresh' as const, athlete, times: 1, effect: hold }))
    bench.simulator.control.setFaults({ rules })
    const linkIds = await Promise.all([slow(), stalled()])
    for (const worker of [workers[1]!, other]) worker.signal('SIGSTOP')
    await delay(stallMs)
    // The answer comes to a process that stands still, past the time of every other call.
    bench.simulator.control.releaseHeld()
    for (const worker of [workers[1]!, other]) worker.signal('SIGCONT')
    for (const linkId of linkIds) await until(20_000, () => expectAlive(linkId))
  })

  const signalMongo = async (signal: NodeJS.Signals): Promise<void> => void process.kill(bench.mongo.pid, signal)

  test.each([
    ['frozen', frozenMs, () => signalMongo('SIGSTOP'), () => signalMongo('SIGCONT')],
    ['killed', awayMs, () => bench.mongo.kill(), () => bench.mongo.restart()],
  ] as const)(
    'mongod %s for longer than a lease at any step',
    { timeout: 600_000 },
    async (_how, outageMs, away, back) => {
      const refreshes = await Promise.all(
        steps.map(async (step, index) => {
          const worker = workers[index]!
          const { linkId } = await bench.link(accounts[index]!)
          const answer = worker.ask(linkId, { halt: { at: step, how: 'wait' } })
          await worker.halted(linkId)
          return { worker, linkId, answer }
        }),
      )
      await away()
      for (const { worker } of refreshes) worker.goOn()
      await delay(outageMs)
      await back()
      await Promise.all(refreshes.map(({ answer }) => answer))
      for (const { linkId } of refreshes) await until(20_000, () => expectAlive(linkId))
    },
  )
})
