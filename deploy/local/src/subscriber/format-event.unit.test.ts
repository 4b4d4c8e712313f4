import { expect, test } from 'vitest'
import { formatEvent } from './format-event.ts'

const now = new Date(2026, 10, 20, 14, 3, 7)

test('an event is one line', () => {
  const headers = new Map([
    ['ce-type', 'activity.ingested'],
    ['ce-id', 'evt_1'],
  ])
  expect(
    formatEvent('activity.ingested.ath_1', { get: (name) => headers.get(name) ?? '' }, '{ "version": 1 }', now),
  ).toBe('14:03:07  activity.ingested.ath_1  activity.ingested  evt_1  {"version":1}')
})

test('a message that is no event is shown too', () => {
  expect(formatEvent('a.b', undefined, 'text', now)).toBe('14:03:07  a.b  -  -  text')
})
