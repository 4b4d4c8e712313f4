import type { ClockLead } from '@slipstream/records'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { learnLead, seenLead, stravaTimeAt } from './strava-clock.ts'

const noon = Date.UTC(2026, 10, 20, 12)
const at = (ms: number) => new Date(noon + ms)

/** An answer of a Strava that is `aheadMs` ahead: its `Date` was set `stampedAfterMs` after the call was sent. */
const answer = (aheadMs: number, { sentMs = 0, stampedAfterMs = 0, heardAfterMs = 0 } = {}) => ({
  stravaDate: new Date(Math.floor((noon + sentMs + stampedAfterMs + aheadMs) / 1000) * 1000),
  sentAt: at(sentMs),
  heardAt: at(sentMs + heardAfterMs),
})

describe('one answer', () => {
  test('is read as the middle of its second', () => {
    const lead = seenLead({ stravaDate: at(2_000), sentAt: at(0), heardAt: at(0) })
    expect(lead).toEqual({ leastMs: 2_000, mostMs: 3_000 })
    expect(stravaTimeAt(at(0), lead)).toEqual({ now: at(2_500), isProven: true })
  })

  test('that came slowly, or before it was asked for, says nothing', () => {
    expect(seenLead({ stravaDate: at(0), sentAt: at(0), heardAt: at(1_001) })).toBeNull()
    expect(seenLead({ stravaDate: at(0), sentAt: at(1), heardAt: at(0) })).toBeNull()
  })
})

test('without an answer the clocks are taken as one, and that is told', () => {
  expect(stravaTimeAt(at(0), null)).toEqual({ now: at(0), isProven: false })
})

const call = fc.record({
  sentMs: fc.integer({ min: 0, max: 3_600_000 }),
  heardAfterMs: fc.integer({ min: 0, max: 1_000 }),
  share: fc.double({ min: 0, max: 1, noNaN: true }),
})

const hear = (
  lead: ClockLead | null,
  aheadMs: number,
  calls: { sentMs: number; heardAfterMs: number; share: number }[],
) =>
  calls.reduce((known, { sentMs, heardAfterMs, share }) => {
    const stampedAfterMs = Math.floor(heardAfterMs * share)
    const seen = seenLead(answer(aheadMs, { sentMs, heardAfterMs, stampedAfterMs }))
    return seen ? learnLead(known, seen) : known
  }, lead)

test('the truth lies within the bounds, which only grow narrower', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -90_000_000, max: 90_000_000 }),
      fc.array(call, { minLength: 1 }),
      (aheadMs, calls) => {
        let lead: ClockLead | null = null
        for (const one of calls) {
          const before: ClockLead | null = lead
          lead = hear(lead, aheadMs, [one])
          expect(lead?.leastMs).toBeLessThanOrEqual(aheadMs)
          expect(lead?.mostMs).toBeGreaterThanOrEqual(aheadMs)
          if (before && lead) expect(lead.mostMs - lead.leastMs).toBeLessThanOrEqual(before.mostMs - before.leastMs)
        }
      },
    ),
  )
})

test('a clock that is set anew is followed with the next answer that contradicts', () => {
  fc.assert(
    fc.property(fc.array(call), call, (calls, next) => {
      const followed = hear(hear(null, 0, calls), 5_000, [next])
      const seen = seenLead(answer(5_000, { ...next, stampedAfterMs: Math.floor(next.heardAfterMs * next.share) }))
      expect(followed).toEqual(seen)
    }),
  )
})
