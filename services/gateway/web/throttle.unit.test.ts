import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { throttle } from './throttle.ts'

describe('throttle', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('runs the first call at once and gathers a burst into one more run', () => {
    const work = vi.fn()
    const throttled = throttle(work, 1_000)
    for (let call = 0; call < 50; call += 1) throttled.call()
    expect(work).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1_000)
    expect(work).toHaveBeenCalledTimes(2)
    vi.advanceTimersByTime(10_000)
    expect(work).toHaveBeenCalledTimes(2)
  })

  it('runs nothing once cancelled', () => {
    const work = vi.fn()
    const throttled = throttle(work, 1_000)
    throttled.call()
    throttled.call()
    throttled.cancel()
    vi.advanceTimersByTime(10_000)
    expect(work).toHaveBeenCalledTimes(1)
  })
})
