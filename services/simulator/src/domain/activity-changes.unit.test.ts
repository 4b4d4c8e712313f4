import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SummaryActivity } from './activity.ts'
import { changesOf, withChanges } from './activity-changes.ts'

const activity = (id: number, name: string) => ({ id, name }) as SummaryActivity
const byId = (activities: readonly SummaryActivity[]) => new Map(activities.map((each) => [each.id, each]))
const sorted = (activities: ReadonlyMap<number, SummaryActivity>) =>
  [...activities.values()].toSorted((left, right) => left.id - right.id)

const history = byId([1, 2, 3].map((id) => activity(id, 'invented')))

describe('changes to the invented history', () => {
  it('are what was added, edited and removed', () => {
    const current = byId([history.get(1)!, activity(2, 'edited'), activity(9, 'added')])
    expect(changesOf(history, current)).toEqual({
      added: [activity(9, 'added')],
      edited: [activity(2, 'edited')],
      removed: [3],
    })
  })

  it('are dropped with the activity they are about; what was added stays', () => {
    const tomorrow = byId([activity(3, 'invented'), activity(4, 'new day')])
    const changes = { added: [activity(9, 'added')], edited: [activity(1, 'edited')], removed: [2, 3] }
    expect(sorted(withChanges(tomorrow, changes))).toEqual([activity(4, 'new day'), activity(9, 'added')])
  })

  it('give the same activities again, through JSON and as often as one likes', () => {
    const someActivities = fc.uniqueArray(fc.tuple(fc.nat(20), fc.constantFrom('a', 'b')), { selector: ([id]) => id })
    fc.assert(
      fc.property(someActivities, someActivities, (before, after) => {
        const invented = byId(before.map(([id, name]) => activity(id, name)))
        const current = byId(after.map(([id, name]) => activity(id, name)))
        const restart = (activities: ReadonlyMap<number, SummaryActivity>) =>
          withChanges(invented, JSON.parse(JSON.stringify(changesOf(invented, activities))))
        expect(sorted(restart(current))).toEqual(sorted(current))
        expect(sorted(restart(restart(current)))).toEqual(sorted(current))
      }),
    )
  })
})
