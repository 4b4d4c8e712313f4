import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStopSignals } from './stop-signals.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const stateOf = ({ intake, deadline, abandon }: ReturnType<typeof createStopSignals>['signals']) => [
  intake.aborted,
  deadline.aborted,
  abandon.aborted,
]

test('intake ends at once, the deadline comes after 18 s, nobody is waited for after 20 s', () => {
  const stop = createStopSignals()
  expect(stateOf(stop.signals)).toEqual([false, false, false])
  stop.begin()
  expect(stateOf(stop.signals)).toEqual([true, false, false])
  vi.advanceTimersByTime(18_000)
  expect(stateOf(stop.signals)).toEqual([true, true, false])
  vi.advanceTimersByTime(2_000)
  expect(stateOf(stop.signals)).toEqual([true, true, true])
})

test('a stop that is through leaves no timer behind', () => {
  const stop = createStopSignals()
  stop.begin()
  stop.end()
  expect(vi.getTimerCount()).toBe(0)
})
