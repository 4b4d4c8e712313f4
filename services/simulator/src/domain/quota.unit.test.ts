import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  countCall,
  currentUsage,
  noUsage,
  type QuotaLimits,
  type QuotaUsage,
  rateHeaders,
  withCounted,
} from './quota.ts'

const limits: QuotaLimits = { overall: { quarterHour: 4, day: 7 }, read: { quarterHour: 3, day: 6 } }
const at = (time: string) => new Date(`2026-11-20T${time}Z`)

const callTimes = (times: number, now: Date, from: QuotaUsage = noUsage) => {
  let usage = from
  const refusals: (string | null)[] = []
  for (let call = 0; call < times; call += 1) {
    const counted = countCall(usage, limits, now)
    usage = counted.usage
    refusals.push(counted.refusedBy)
  }
  return { usage, refusals }
}

describe('the account of quarter hours', () => {
  it('has each call in the quarter hour of its time, also when the clock was set back', () => {
    const calls = [
      { at: at('10:14:59.999'), isOverLimit: false },
      { at: at('10:15:00'), isOverLimit: true },
      { at: at('10:00:00'), isOverLimit: true },
    ]
    expect(calls.reduce(withCounted, [])).toEqual([
      { startedAt: '2026-11-20T10:15:00.000Z', calls: 1, overLimit: 1 },
      { startedAt: '2026-11-20T10:00:00.000Z', calls: 2, overLimit: 1 },
    ])
  })
})

describe('windows', () => {
  it('admit exactly the limit, then refuse by the bucket that is spent', () => {
    expect(callTimes(5, at('10:00:00')).refusals).toEqual([null, null, null, 'read', 'overall'])
  })

  it('open again at the quarter hour while the day goes on counting', () => {
    const { usage } = callTimes(5, at('10:14:59'))
    expect(currentUsage(usage, at('10:15:00'))).toMatchObject({
      overall: { quarterHour: 0, day: 5 },
      read: { quarterHour: 0, day: 5 },
    })
  })

  it('count refused calls to the day', () => {
    const afterQuarter = callTimes(5, at('10:14:00')).usage
    expect(callTimes(2, at('10:15:00'), afterQuarter).refusals).toEqual([null, 'read'])
  })

  it('start the day anew at 00:00 UTC', () => {
    const { usage } = callTimes(7, at('23:59:59'))
    const midnight = new Date('2026-11-21T00:00:00Z')
    expect(currentUsage(usage, midnight)).toMatchObject({ overall: { quarterHour: 0, day: 0 } })
  })

  it('never admit more than a limit within a window, at any pace', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 80 }), (gapsSeconds) => {
        let usage = noUsage
        let now = Date.UTC(2026, 10, 20, 9)
        const admitted = new Map<number, number>()
        for (const gap of gapsSeconds) {
          now += gap * 1000
          const counted = countCall(usage, limits, new Date(now))
          usage = counted.usage
          const quarter = Math.floor(now / 900_000)
          if (counted.refusedBy === null) admitted.set(quarter, (admitted.get(quarter) ?? 0) + 1)
        }
        expect(Math.max(0, ...admitted.values())).toBeLessThanOrEqual(limits.read.quarterHour)
        expect([...admitted.values()].reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(limits.read.day)
      }),
    )
  })
})

describe('headers', () => {
  const { usage } = callTimes(2, at('10:00:00'))

  it('carry quarter hour and day, limit and usage', () => {
    expect(rateHeaders(usage, limits, 'normal')).toEqual({
      'X-RateLimit-Limit': '4,7',
      'X-RateLimit-Usage': '2,2',
      'X-ReadRateLimit-Limit': '3,6',
      'X-ReadRateLimit-Usage': '2,2',
    })
  })
  it('can be missing', () => expect(rateHeaders(usage, limits, 'missing')).toEqual({}))
  it('can be a bare comma', () =>
    expect(new Set(Object.values(rateHeaders(usage, limits, 'empty')))).toEqual(new Set([','])))
  it('can change their casing from call to call', () => {
    const names = [1, 2, 3].map(
      (calls) => Object.keys(rateHeaders(callTimes(calls, at('10:00:00')).usage, limits, 'mixed_case'))[0],
    )
    expect(names).toEqual(['X-Ratelimit-Limit', 'X-RateLimit-Limit', 'x-ratelimit-limit'])
  })
})
