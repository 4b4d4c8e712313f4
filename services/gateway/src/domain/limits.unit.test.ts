import { describe, expect, it } from 'vitest'
import { type Allowance, callerLimits, limitedWorks, rateLimitFields, retryAfterMsOf } from './limits.ts'

const left = (
  requests: number,
  seconds: number,
  remaining: number,
  renewsInMs: number,
  isSpent = false,
): Allowance => ({
  ...{ requests, seconds, remaining, renewsInMs, isSpent },
})

describe('given the state of three limits', () => {
  const minute = left(10, 60, 4, 12_300)
  const hour = left(60, 3_600, 0, 100_000)
  const everybody = left(1_200, 60, 700, 5_000)

  it('tells the athlete of their own', () => {
    expect(rateLimitFields({ athlete: [minute, hour], everybody })).toEqual({
      'RateLimit-Policy': '"athlete-60s";q=10;w=60, "athlete-3600s";q=60;w=3600',
      RateLimit: '"athlete-60s";r=4;t=13, "athlete-3600s";r=0;t=100',
    })
  })

  it('lets through what none forbids, the last request too', () => {
    expect(retryAfterMsOf({ athlete: [minute, hour], everybody })).toBeNull()
  })

  it('waits for the last of those that are spent', () => {
    const spent = { ...hour, isSpent: true }
    const all = { ...everybody, isSpent: true }
    expect(retryAfterMsOf({ athlete: [minute, spent], everybody: all })).toBe(100_000)
    expect(retryAfterMsOf({ athlete: [minute, hour], everybody: all })).toBe(5_000)
  })
})

it.each(limitedWorks)('%s: an hour allows less a minute than the minute does, and all more than one', (work) => {
  const { athlete, everybody } = callerLimits[work]
  const [minute, hour] = athlete
  expect(hour.requests / 60).toBeLessThan(minute.requests)
  expect(hour.requests).toBeGreaterThan(minute.requests)
  expect(everybody.requests).toBeGreaterThan(minute.requests * 10)
})
