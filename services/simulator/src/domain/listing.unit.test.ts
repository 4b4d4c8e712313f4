import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SummaryActivity, Visibility } from './activity.ts'
import { athletes } from './athletes.ts'
import { buildActivity } from './build-activity.ts'
import { type ListingQuery, listPage } from './listing.ts'
import { seededRandom } from './random.ts'

const anna = athletes[0]!
const noon = Date.UTC(2026, 10, 1, 12)

const activityAt = (
  secondsAfterNoon: number,
  id: number,
  plan: { visibility?: Visibility; hideStartTime?: boolean; timezone?: string } = {},
): SummaryActivity =>
  buildActivity(
    anna,
    { sportType: 'Run', startedAt: new Date(noon + secondsAfterNoon * 1000), ...plan },
    id,
    seededRandom(1, id),
  )

const query = (part: Partial<ListingQuery> = {}): ListingQuery => ({
  page: 1,
  perPage: 30,
  includeOnlyMe: true,
  shortPages: false,
  listedBy: 'shown_start',
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

describe('an activity whose start is hidden', () => {
  // Ten o'clock on the next day in Melbourne, and so shown an hour after it took place.
  const inMelbourne = activityAt(11 * 3600, 2, { hideStartTime: true, timezone: '(GMT+10:00) Australia/Melbourne' })
  // Half past one in the afternoon in Leipzig, and so shown twelve and a half hours before it took place.
  const inLeipzig = activityAt(1800, 3, { hideStartTime: true })
  const all = [activityAt(0, 1), inMelbourne, inLeipzig, activityAt(12 * 3600, 4)]
  const epoch = noon / 1000

  it('shows a midnight that is not one', () => {
    expect([inMelbourne, inLeipzig].map(({ start_date }) => start_date)).toEqual([
      '2026-11-02T00:00:01Z',
      '2026-11-01T00:00:01Z',
    ])
  })

  it.each([
    ['shown_start', [2, 4, 1, 3], [4, 2], [3, 1]],
    ['true_start', [4, 2, 3, 1], [3, 2, 4], [3, 1]],
  ] as const)('is ordered and filtered by its %s', (listedBy, order, after, before) => {
    expect(ids(all, { listedBy })).toEqual(order)
    expect(ids(all, { listedBy, after: epoch })).toEqual(after)
    expect(ids(all, { listedBy, before: epoch + 3600 }).toSorted((left, right) => right - left)).toEqual(before)
  })
})

describe('visibility', () => {
  const all = [
    activityAt(0, 1),
    activityAt(60, 2, { visibility: 'only_me' }),
    activityAt(120, 3, { visibility: 'followers_only' }),
  ]

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

  it('hold every activity exactly once, whatever the page length, ties, filters and hidden starts', () => {
    const anyQuery = fc.record({
      perPage: fc.integer({ min: 1, max: 50 }),
      shortPages: fc.boolean(),
      includeOnlyMe: fc.boolean(),
      listedBy: fc.constantFrom<ListingQuery['listedBy']>('shown_start', 'true_start'),
      after: fc.option(fc.integer({ min: noon / 1000 - 10, max: noon / 1000 + 50 }), { nil: undefined }),
    })
    const anyStart = fc.record({
      seconds: fc.integer({ min: 0, max: 60 }),
      visibility: fc.constantFrom<Visibility>('everyone', 'only_me'),
      hideStartTime: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(anyStart, { maxLength: 120 }), anyQuery, (starts, part) => {
        const all = starts.map(({ seconds, ...plan }, index) => activityAt(seconds, index + 1, plan))
        const startOf = ({ id, start_date }: SummaryActivity) =>
          part.listedBy === 'true_start' ? noon / 1000 + (starts[id - 1]?.seconds ?? 0) : Date.parse(start_date) / 1000
        const seen: number[] = []
        for (let page = 1; ; page += 1) {
          const found = ids(all, { ...part, page })
          if (found.length === 0) break
          seen.push(...found)
        }
        const expected = all.filter(
          (activity) =>
            (part.includeOnlyMe || activity.visibility === 'everyone') &&
            (part.after === undefined || startOf(activity) > part.after),
        )
        expect(seen.toSorted((left, right) => left - right)).toEqual(expected.map(({ id }) => id))
      }),
      { numRuns: 60 },
    )
  })
})
