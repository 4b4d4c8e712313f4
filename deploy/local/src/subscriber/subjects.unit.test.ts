import { expect, test } from 'vitest'
import { covers, isKept, isSubject } from './subjects.ts'

test.each([
  ['activity.>', 'activity.ingested.ath_1', true],
  ['activity.>', 'activity', false],
  ['activity.*.ath_1', 'activity.ingested.ath_1', true],
  ['activity.*', 'activity.ingested.ath_1', false],
  ['activity.ingested.ath_1', 'activity.ingested.ath_2', false],
  ['*.*.ath_1', 'sync.finished.ath_1', true],
  ['activity.>', 'activity.ingested.>', true],
  ['activity.*.>', 'activity.>', false],
  ['activity.*', 'activity.>', false],
  ['>', 'activity.>', true],
])('%s covers %s: %s', (outer, inner, expected) => {
  expect(covers(outer, inner)).toBe(expected)
})

test.each(['activity.>', 'activity.ingested.>', 'athlete.*.ath_1', 'sync.finished.>', 'strava.notified.ath_1'])(
  '%s is kept',
  (subject) => expect(isKept(subject)).toBe(true),
)

test.each(['>', 'sync.>', 'sync.progress.>', 'sync.requested.>', '*.*.ath_1'])('not all of %s is kept', (subject) => {
  expect(isKept(subject)).toBe(false)
})

test('a subject has parts, and wildcards stand alone', () => {
  for (const good of ['a', 'a.b', 'a.*.c', 'a.>', '>']) expect(isSubject(good), good).toBe(true)
  for (const bad of ['', 'a..b', '.a', 'a.', 'a b', 'a.>.b', 'a.b*', 'a>']) expect(isSubject(bad), bad).toBe(false)
})
