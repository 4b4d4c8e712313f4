import type { WantedActivity } from '@slipstream/records'
import type { StravaActivity } from '@slipstream/strava'
import { expect, test } from 'vitest'
import { morningRun } from '../../test/fixtures/activities.ts'
import { isSeen, notSeenIn } from './seen.ts'

const told = (expects?: WantedActivity['expects']): WantedActivity => ({
  ...{
    stravaActivityId: morningRun.stravaActivityId,
    inboxId: 'in_1',
    aspect: 'update',
    eventTime: new Date(0),
    asked: 1,
  },
  ...(expects && { expects }),
})

test.each<[string, WantedActivity['expects'], Partial<StravaActivity>, boolean]>([
  ['nothing', undefined, {}, true],
  ['its title', { title: 'Morning run' }, {}, true],
  ['another title', { title: 'Evening run' }, {}, false],
  ['no title any more', { title: '' }, {}, false],
  ['its kind', { type: 'Ride' }, { type: 'Ride', sportType: 'GravelRide' }, true],
  ['another kind', { type: 'Ride' }, {}, false],
  ['a kind, of what names none', { type: 'Ride' }, { type: null }, true],
  ['that it is private', { isPrivate: true }, {}, false],
  ['that it is private now', { isPrivate: true }, { visibility: 'only_me' }, true],
  ['that it is shown again', { isPrivate: false }, { visibility: 'only_me' }, false],
  ['that it is shown again now', { isPrivate: false }, { visibility: 'followers_only' }, true],
  ['that it is private, of what does not say', { isPrivate: true }, { visibility: null }, true],
  ['two things, one of them seen', { title: 'Morning run', type: 'Ride' }, {}, false],
])('an update that told %s', (_what, expects, fetched, seen) => {
  expect(isSeen(told(expects), { ...morningRun, ...fetched })).toBe(seen)
})

test('what was not fetched is not judged', () => {
  const wanted = told({ title: 'Evening run' })
  expect(notSeenIn([wanted], [])).toEqual([])
  expect(notSeenIn([wanted], [morningRun])).toEqual([morningRun.stravaActivityId])
})
