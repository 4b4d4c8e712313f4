import { describe, expect, it } from 'vitest'
import type { SummaryActivity } from './activity.ts'
import { athletes } from './athletes.ts'
import { buildActivity } from './build-activity.ts'
import { seededRandom } from './random.ts'
import { announceChange, announceDeauthorization } from './webhook-events.ts'

const run = buildActivity(athletes[0]!, { sportType: 'Run', startedAt: new Date(0) }, 5, seededRandom(1))
const hidden: SummaryActivity = { ...run, visibility: 'only_me', private: true }
const all = ['read', 'activity:read_all']
const visibleOnly = ['read', 'activity:read']

const aspects = (...change: Parameters<typeof announceChange>) =>
  announceChange(...change).map(({ aspect_type }) => aspect_type)

describe('a change of an activity', () => {
  it('is a create, an update or a delete', () => {
    expect(aspects(null, run, all)).toEqual(['create'])
    expect(aspects(run, { ...run, name: 'Messy' }, all)).toEqual(['update'])
    expect(aspects(run, null, all)).toEqual(['delete'])
  })
  it('names title, type and privacy as strings', () => {
    const changed = { ...hidden, name: 'Messy', sport_type: 'Ride', type: 'Ride' }
    expect(announceChange(run, changed, all)[0]).toMatchObject({
      object_type: 'activity',
      object_id: 5,
      owner_id: athletes[0]!.stravaAthleteId,
      updates: { title: 'Messy', type: 'Ride', private: 'true' },
    })
  })
  it('is silent for anything else', () => expect(aspects(run, { ...run, distance: 1 }, all)).toEqual([]))
  it('is silent without a grant or without a scope for activities', () => {
    expect(aspects(null, run, null)).toEqual([])
    expect(aspects(null, run, ['read'])).toEqual([])
  })
  it('looks like delete and create when Only You is out of scope', () => {
    expect(aspects(run, hidden, visibleOnly)).toEqual(['delete'])
    expect(aspects(hidden, run, visibleOnly)).toEqual(['create'])
    expect(aspects(null, hidden, visibleOnly)).toEqual([])
    expect(aspects(hidden, null, visibleOnly)).toEqual([])
  })
})

it('a deauthorisation is an athlete update', () => {
  expect(announceDeauthorization(7)).toEqual({
    aspect_type: 'update',
    object_id: 7,
    object_type: 'athlete',
    owner_id: 7,
    updates: { authorized: 'false' },
  })
})
