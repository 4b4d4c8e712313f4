import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { abortAfterRunning } from './running-time.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

test('aborts when the time has passed, and not before', () => {
  const { signal } = abortAfterRunning(10_000)
  vi.advanceTimersByTime(9_999)
  expect(signal.aborted).toBe(false)
  vi.advanceTimersByTime(1)
  expect(signal.aborted).toBe(true)
})

test('a stopped one aborts nothing', () => {
  const { signal, stop } = abortAfterRunning(10_000)
  stop()
  vi.advanceTimersByTime(60_000)
  expect(signal.aborted).toBe(false)
})
