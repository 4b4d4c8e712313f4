import { expect, test } from 'vitest'
import { isOvertaken, type Told } from './overtaken.ts'

const at = (ms: number) => new Date(Date.parse('2026-11-26T10:00:00Z') + ms)
const told = (changes: Partial<Told> = {}): Told => ({
  ...{ aspectType: 'update', eventTime: at(0), receivedAt: at(500), updates: { title: 'Morning Run' } },
  ...changes,
})

test.each<[string, Told, Told[], boolean]>([
  ['one that nothing else is said of', told(), [], false],
  ['one before a later change', told(), [told({ eventTime: at(1_000) })], true],
  ['the first that came of two in a second', told(), [told({ receivedAt: at(900) })], true],
  ['the second that came of two that say the same', told(), [told({ receivedAt: at(100) })], false],
  [
    'the second that came of two that speak of different fields',
    told(),
    [told({ receivedAt: at(100), updates: { type: 'Ride' } })],
    false,
  ],
  [
    'the second that came of two that contradict each other',
    told(),
    [told({ receivedAt: at(100), updates: { title: 'Lunch Run' } })],
    true,
  ],
])('a change, %s', (_what, notice, others, expected) => {
  expect(isOvertaken(notice, others, false)).toBe(expected)
})

test.each<[string, Partial<Told>, boolean, boolean]>([
  ['deleted, and Strava does not have it', { aspectType: 'delete' }, true, true],
  ['deleted, and Strava does not say so', { aspectType: 'delete' }, false, false],
  ['changed, and Strava does not have it yet', {}, true, false],
])('an upload that was %s', (_what, other, isAbsent, expected) => {
  const upload = told({ aspectType: 'create', updates: {} })
  expect(isOvertaken(upload, [told({ eventTime: at(1_000), ...other })], isAbsent)).toBe(expected)
})
