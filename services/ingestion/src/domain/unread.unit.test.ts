import { expect, it } from 'vitest'
import { addUnread } from './unread.ts'

it('counts in how many runs in a row an activity could not be read', () => {
  const first = addUnread([], ['7', null, '7'], [])
  expect(first).toEqual([
    { stravaActivityId: '7', runs: 1 },
    { stravaActivityId: null, runs: 1 },
  ])
  expect(addUnread([], ['7', '8'], first)).toEqual([
    { stravaActivityId: '7', runs: 2 },
    { stravaActivityId: '8', runs: 1 },
  ])
  expect(addUnread(first, ['7'], first)).toEqual(first)
})
