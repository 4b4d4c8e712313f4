import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { createStopSignals, type StopSignals } from './stop-signals.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const stateOf = ({ intake, deadline, abandon }: StopSignals) => [intake.aborted, deadline.aborted, abandon.aborted]

test('intake ends at once, the deadline is that of the stop, nobody is waited for a second after it', () => {
  const stop = createStopSignals()
  const endWork = new AbortController()
  expect(stateOf(stop.signals)).toEqual([false, false, false])
  stop.begin(endWork.signal)
  expect(stateOf(stop.signals)).toEqual([true, false, false])
  endWork.abort()
  expect(stateOf(stop.signals)).toEqual([true, true, false])
  vi.advanceTimersByTime(1_000)
  expect(stateOf(stop.signals)).toEqual([true, true, true])
})

test('a stop without time left tells handlers at once', () => {
  const stop = createStopSignals()
  stop.begin(AbortSignal.abort())
  expect(stateOf(stop.signals)).toEqual([true, true, false])
})

test('a stop that is through leaves no timer behind', () => {
  const stop = createStopSignals()
  stop.begin(AbortSignal.abort())
  stop.end()
  expect(vi.getTimerCount()).toBe(0)
})
