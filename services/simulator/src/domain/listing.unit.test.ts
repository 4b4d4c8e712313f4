import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SummaryActivity, Visibility } from './activity.ts'
import { athletes } from './athletes.ts'
import { buildActivity } from './build-activity.ts'
import { type ListingQuery, listPage } from './listing.ts'
import { seededRandom } from './random.ts'

const anna = athletes[0]!
const noon = Date.UTC(2026, 10, 1, 12)

const activityAt = (secondsAfterNoon: number, id: number, visibility: Visibility = 'everyone'): SummaryActivity =>
  buildActivity(
    anna,
    { sportType: 'Run', startedAt: new Date(noon + secondsAfterNoon * 1000), visibility },
    id,
    seededRandom(1, id),
  )

const query = (part: Partial<ListingQuery> = {}): ListingQuery => ({
  page: 1,
  perPage: 30,
  includeOnlyMe: true,
  shortPages: false,
  ...part,
})

const ids = (all: readonly SummaryActivity[], part: Partial<ListingQuery> = {}) =>
  listPage(all, query(part)).map(({ id }) => id)

describe('order', () => {
  const all = [activityAt(60, 2), activityAt(0, 1), activityAt(120, 3)]
  const epoch = noon / 1000

  it('is newest first without a filter', () => expect(ids(all)).toEqual([3, 2, 1]))
  it('is oldest first with after alone', () => expect(ids(all, { after: epoch - 1 })).toEqual([1, 2, 3]))
  it('is newest first with before alone', () => expect(ids(all, { before: epoch + 121 })).toEqual([3, 2, 1]))
  it('is newest first with both', () => expect(ids(all, { after: epoch - 1, before: epoch + 121 })).toEqual([3, 2, 1]))
  it('leaves out what starts exactly at an end', () =>
    expect(ids(all, { after: epoch, before: epoch + 120 })).toEqual([2]))
})

describe('visibility', () => {
  const all = [activityAt(0, 1), activityAt(60, 2, 'only_me'), activityAt(120, 3, 'followers_only')]

  it('lists Only You activities when the scope allows', () => expect(ids(all)).toEqual([3, 2, 1]))
  it('hides Only You activities otherwise', () => expect(ids(all, { includeOnlyMe: false })).toEqual([3, 1]))
})

describe('pages', () => {
  it('are empty past the end', () => expect(ids([activityAt(0, 1)], { page: 2 })).toEqual([]))

  it('can be shorter than asked although more follow', () => {
    const all = Array.from({ length: 30 }, (_, index) => activityAt(index, index))
    const lengths = [1, 2, 3, 4].map((page) => ids(all, { page, perPage: 10, shortPages: true }).length)
    expect(lengths).toEqual([9, 10, 9, 2])
  })

  it('hold every activity exactly once, whatever the page length, ties and filters', () => {
    const anyQuery = fc.record({
      perPage: fc.integer({ min: 1, max: 50 }),
      shortPages: fc.boolean(),
      includeOnlyMe: fc.boolean(),
      after: fc.option(fc.integer({ min: noon / 1000 - 10, max: noon / 1000 + 50 }), { nil: undefined }),
    })
    const anyStart = fc.tuple(fc.integer({ min: 0, max: 60 }), fc.constantFrom<Visibility>('everyone', 'only_me'))
    fc.assert(
      fc.property(fc.array(anyStart, { maxLength: 120 }), anyQuery, (starts, part) => {
        const all = starts.map(([seconds, visibility], index) => activityAt(seconds, index + 1, visibility))
        const seen: number[] = []
        for (let page = 1; ; page += 1) {
          const found = ids(all, { ...part, page })
          if (found.length === 0) break
          seen.push(...found)
        }
        const expected = all.filter(
          (activity) =>
            (part.includeOnlyMe || activity.visibility === 'everyone') &&
            (part.after === undefined || Date.parse(activity.start_date) / 1000 > part.after),
        )
        expect(seen.toSorted((left, right) => left - right)).toEqual(expected.map(({ id }) => id))
      }),
      { numRuns: 60 },
    )
  })
})
