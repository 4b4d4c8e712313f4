import { createLogger } from '@slipstream/telemetry'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStopBudget, type Stage, stopLimitMs } from './stop-budget.ts'

let lines: { msg: string; stage?: string }[]
beforeEach(() => {
  vi.useFakeTimers()
  lines = []
})
afterEach(() => {
  vi.useRealTimers()
})

const create = () =>
  createStopBudget(createLogger('test', 'info', { write: (line: string) => lines.push(JSON.parse(line)) }))

const startedAt = () => Date.now()

/** A stage that never ends; tells when its signal was aborted. */
const hanging = (name: string) => {
  const since = startedAt()
  const stage: Stage & { toldAfterMs?: number } = {
    name,
    stop: (signal) => {
      const tell = () => {
        stage.toldAfterMs = Date.now() - since
      }
      if (signal.aborted) tell()
      else signal.addEventListener('abort', tell)
      return new Promise(() => {})
    },
  }
  return stage
}

test('with everything hanging every stage gets its signal and the stop ends in time', async () => {
  const since = startedAt()
  const budget = create()
  const work = [hanging('consumer'), hanging('server')]
  const closing = ['work in flight', 'outbox', 'nats', 'mongodb', 'operations port', 'telemetry'].map(hanging)
  const stopped = budget.work(work).then(() => budget.close(closing))
  await vi.advanceTimersByTimeAsync(stopLimitMs(0))
  await stopped
  budget.settle()
  expect(work.map(({ toldAfterMs }) => toldAfterMs)).toEqual([13_000, 13_000])
  expect(closing.map(({ toldAfterMs }) => toldAfterMs)).toEqual([17_000, 17_250, 17_500, 17_750, 18_000, 18_250])
  expect(Date.now() - since).toBeLessThanOrEqual(stopLimitMs(0))
  expect(lines.map(({ msg, stage }) => [msg, stage])).toEqual(
    ['consumer', 'server', ...closing.map(({ name }) => name)].map((name) => ['left behind at the stop', name]),
  )
  expect(vi.getTimerCount()).toBe(0)
})

test('a stage that fails is told and keeps no other from its turn; a quick stop leaves no timer', async () => {
  const budget = create()
  const closed: string[] = []
  const failing = { name: 'outbox', stop: async () => Promise.reject(new Error('no database')) }
  await budget.work([failing, { name: 'server', stop: async () => closed.push('server') }])
  await budget.close([failing, { name: 'mongodb', stop: async () => closed.push('mongodb') }])
  budget.settle()
  expect(closed).toEqual(['server', 'mongodb'])
  expect(lines).toEqual([1, 2].map(() => expect.objectContaining({ msg: 'failed at the stop', stage: 'outbox' })))
  await vi.advanceTimersByTimeAsync(0)
  expect(vi.getTimerCount()).toBe(0)
})

test('a drain comes on top, and both together fit into 25 s', () => {
  expect(stopLimitMs(5_000)).toBeLessThan(25_000)
})
