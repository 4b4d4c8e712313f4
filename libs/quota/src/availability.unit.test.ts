import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Availability,
  afterAnswer,
  afterFailure,
  afterInactive,
  afterPermit,
  closedUntil,
  failuresUntilUnavailable,
  initialAvailability,
} from './availability.ts'

const noon = Date.UTC(2026, 10, 20, 12)
const at = (seconds: number) => new Date(noon + seconds * 1000)

const failed = (times: number, now = at(0), from = initialAvailability): Availability =>
  Array.from({ length: times }).reduce<Availability>((state) => afterFailure(state, now), from)

describe('a Strava that does not answer', () => {
  test('may be called until the fifth failure in a row; then once in 30 seconds', () => {
    expect(failed(4)).toEqual({ ...initialAvailability, failuresInRow: 4 })
    const unavailable = failed(5)
    expect(unavailable).toMatchObject({ unavailableSince: at(0), nextProbeAt: at(30) })
    expect(closedUntil(unavailable, at(29.999))).toEqual(at(30))
    expect(closedUntil(unavailable, at(30))).toBeNull()
    expect(closedUntil(afterPermit(unavailable, at(30)), at(59))).toEqual(at(60))
  })

  test('is available again after the first answer of any kind', () => {
    expect(afterAnswer(failed(5))).toEqual(initialAvailability)
    expect(failed(4, at(1), afterAnswer(failed(4))).unavailableSince).toBeNull()
  })

  test('stays so since the first time, and later failures change nothing', () => {
    expect(failed(3, at(10), failed(5))).toEqual(failed(5))
    const probed = afterPermit(failed(5), at(30))
    expect(afterFailure(probed, at(40))).toEqual(probed)
  })
})

describe('an inactive app', () => {
  test('is asked for once in 5 minutes, however often it is found inactive', () => {
    const inactive = afterInactive(initialAvailability, at(0))
    expect(inactive).toMatchObject({ inactiveSince: at(0), nextProbeAt: at(300) })
    expect(afterInactive(inactive, at(200))).toEqual(inactive)
    const probed = afterPermit(inactive, at(310))
    expect(probed.nextProbeAt).toEqual(at(610))
    expect(afterInactive(probed, at(312))).toEqual(probed)
  })

  test('stays inactive after an answer that is no success, with its probes as they are', () => {
    const inactive = afterInactive(initialAvailability, at(0))
    expect(afterAnswer(failed(5, at(100), inactive))).toEqual(inactive)
  })

  test('shows that Strava answers', () => {
    expect(afterInactive(failed(5), at(1))).toMatchObject({ failuresInRow: 0, unavailableSince: null })
  })
})

test('whatever happens, probes are the only calls and stay apart, and are never put off for ever', () => {
  const steps = fc.array(
    fc.record({
      type: fc.constantFrom('call', 'call', 'failure', 'failure', 'failure', 'answer', 'success', 'inactive'),
      elapsedMs: fc.integer({ min: 0, max: 40_000 }),
    }),
    { maxLength: 120 },
  )
  fc.assert(
    fc.property(steps, (sequence) => {
      let nowMs = noon
      let state = initialAvailability
      let failures = 0
      let lastProbeMs = Number.NEGATIVE_INFINITY
      for (const { type, elapsedMs } of sequence) {
        nowMs += elapsedMs
        const now = new Date(nowMs)
        const before = state
        const isStopped = before.inactiveSince !== null || before.unavailableSince !== null
        if (type === 'call') {
          if (closedUntil(before, now)) continue
          state = afterPermit(before, now)
          if (!isStopped) continue
          expect(nowMs - lastProbeMs).toBeGreaterThanOrEqual(30_000)
          lastProbeMs = nowMs
        } else if (type === 'failure') {
          failures += 1
          state = afterFailure(before, now)
        } else {
          failures = 0
          if (type === 'answer') state = afterAnswer(before)
          if (type === 'success') state = initialAvailability
          if (type === 'inactive') state = afterInactive(before, now)
          expect(state.unavailableSince).toBeNull()
        }
        expect(state.unavailableSince !== null).toBe(failures >= failuresUntilUnavailable)
        if (type !== 'success' && before.inactiveSince) expect(state.inactiveSince).toEqual(before.inactiveSince)
        expect(state.nextProbeAt !== null).toBe(state.inactiveSince !== null || state.unavailableSince !== null)
        expect((state.nextProbeAt?.getTime() ?? nowMs) - nowMs).toBeLessThanOrEqual(5 * 60_000)
        const wasPlanned = closedUntil(before, now)
        // Only a trouble that begins makes a plan of its own; late news of a known one changes none.
        const hasBecomeInactive = before.inactiveSince === null && state.inactiveSince !== null
        if (wasPlanned && state.nextProbeAt && !hasBecomeInactive) expect(state.nextProbeAt).toEqual(wasPlanned)
        if (!isStopped) lastProbeMs = Number.NEGATIVE_INFINITY
      }
    }),
  )
})
