import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type Backoff, backoffMs } from './backoff.ts'

const pauses = (backoff: Backoff, count: number) =>
  Array.from({ length: count }, (_, index) => backoffMs(backoff, index + 1))

it('doubles from the first pause to the longest', () => {
  expect(pauses({ firstMs: 100, longestMs: 1_000 }, 6)).toEqual([100, 200, 400, 800, 1_000, 1_000])
})

it('grows by another factor where one is given, and not at all with the longest at the first', () => {
  expect(pauses({ firstMs: 1_000, longestMs: 120_000, factor: 4 }, 5)).toEqual([1_000, 4_000, 16_000, 64_000, 120_000])
  expect(pauses({ firstMs: 250, longestMs: 250 }, 3)).toEqual([250, 250, 250])
})

it('chance takes off at most the share that is spread, whatever the number of failures', () => {
  const policies = fc.record({
    firstMs: fc.integer({ min: 1, max: 60_000 }),
    longestMs: fc.integer({ min: 60_000, max: 3_600_000 }),
    factor: fc.integer({ min: 1, max: 10 }),
    spread: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
  fc.assert(
    fc.property(policies, fc.integer({ min: 1, max: 10_000 }), random, (backoff, failures, chance) => {
      const fullMs = backoffMs(backoff, failures)
      const spreadMs = backoffMs(backoff, failures, chance)
      expect(fullMs).toBeLessThanOrEqual(backoff.longestMs)
      expect(spreadMs).toBeLessThanOrEqual(fullMs)
      expect(spreadMs).toBeGreaterThanOrEqual(Math.floor(fullMs * (1 - backoff.spread)))
    }),
  )
})
