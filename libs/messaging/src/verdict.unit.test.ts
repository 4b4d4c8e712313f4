import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ContractError, PostponedError, TransientError } from './errors.ts'
import { done, skipped } from './outcome.ts'
import { isUnexpected, verdictFor } from './verdict.ts'

const now = new Date('2026-11-21T10:00:00Z')
const later = new Date('2026-11-21T10:15:00Z')
const input = { attempt: 1, maxAttempts: 5, now, random: 0 }
const last = { ...input, attempt: 5 }

const mongoError = (name: string, labels: string[] = []) =>
  Object.assign(new Error('from the driver'), { name, hasErrorLabel: (label: string) => labels.includes(label) })

describe('verdictFor', () => {
  test.each([
    ['done', done(), { kind: 'ack' }],
    ['skipped', skipped('link-inactive'), { kind: 'ack' }],
    ['unreadable', new ContractError('no type'), { kind: 'dead_letter', reason: 'contract_violated' }],
    ['postponed', new PostponedError(later), { kind: 'postpone', delayMs: 15 * 60_000 }],
    ['transient', new TransientError('503'), { kind: 'nak', delayMs: 1_000 }],
    [
      'transient that names its delay',
      new TransientError('busy', { retryAfterMs: 3_000 }),
      { kind: 'nak', delayMs: 3_000 },
    ],
    ['a bug', new TypeError('undefined is not a function'), { kind: 'nak', delayMs: 1_000 }],
  ])('first attempt, %s', (_, result, verdict) => {
    expect(verdictFor(result, input)).toEqual(verdict)
  })

  test.each([
    ['transient', new TransientError('503')],
    ['transient that names its delay', new TransientError('busy', { retryAfterMs: 3_000 })],
    ['a bug', new TypeError('undefined is not a function')],
  ])('last attempt, %s: dead letter', (_, error) => {
    expect(verdictFor(error, last)).toEqual({ kind: 'dead_letter', reason: 'attempts_exhausted' })
  })

  test.each([
    ['done', done(), 'ack'],
    ['postponed', new PostponedError(later), 'postpone'],
  ])('last attempt, %s: as at the first', (_, result, kind) => {
    expect(verdictFor(result, last).kind).toBe(kind)
  })

  test('a window that opened meanwhile is waited for no longer', () => {
    expect(verdictFor(new PostponedError(now), { ...input, now: later })).toEqual({ kind: 'postpone', delayMs: 0 })
  })

  test('delays without randomness are 1, 4, 16 and 64 s', () => {
    const delays = [1, 2, 3, 4].map((attempt) => verdictFor(new TransientError('503'), { ...input, attempt }))
    expect(delays).toEqual([1_000, 4_000, 16_000, 64_000].map((delayMs) => ({ kind: 'nak', delayMs })))
  })

  test('a retry is never immediate, never later than 2 minutes, and a named delay is never shortened', () => {
    const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 48 }),
        chance,
        fc.integer({ min: 1, max: 60_000 }),
        (attempt, random, asked) => {
          const at = { attempt, maxAttempts: 50, now, random }
          const usual = verdictFor(new TransientError('503'), at)
          const named = verdictFor(new TransientError('busy', { retryAfterMs: asked }), at)
          expect(usual).toMatchObject({ kind: 'nak' })
          if (usual.kind === 'nak') expect(usual.delayMs).toBeGreaterThanOrEqual(500)
          if (usual.kind === 'nak') expect(usual.delayMs).toBeLessThanOrEqual(120_000)
          if (named.kind === 'nak') expect(named.delayMs).toBeGreaterThanOrEqual(asked)
        },
      ),
    )
  })
})

describe('isUnexpected', () => {
  test.each([
    ['TransientError', new TransientError('503'), false],
    ['ContractError', new ContractError('no type'), false],
    ['a network error of the MongoDB driver', mongoError('MongoNetworkError'), false],
    ['an error labelled retryable', mongoError('MongoServerError', ['RetryableWriteError']), false],
    ['any other error of the MongoDB driver', mongoError('MongoServerError'), true],
    ['TypeError', new TypeError('undefined is not a function'), true],
  ])('%s', (_, error, expected) => {
    expect(isUnexpected(error)).toBe(expected)
  })
})
