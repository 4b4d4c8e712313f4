import type { ListCursor } from '@slipstream/records'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { cursorFrom01, firstCall, fullPage, nextPageFor01, pageSizeFor, stepAfter } from './list-cursor.ts'

const dayMs = 86_400_000
const newest = new Date('2026-11-21T10:00:00Z')
const back = (days: number) => new Date(newest.getTime() - days * dayMs)
const window = { after: back(28), before: back(-1) }
const start = firstCall(fullPage)
const page = (ids: string[], earliest: Date) => ({ length: ids.length, ids, starts: ids.map(() => earliest) })
const ids = (from: number, count: number) => Array.from({ length: count }, (_, index) => `${from + index}`)

describe('the call after a page', () => {
  it('is none after the empty one', () => {
    expect(stepAfter({ ...start, page: 2 }, page([], newest), window)).toEqual({ kind: 'end' })
  })

  it('asks the next number of the same list after a short one', () => {
    expect(stepAfter(start, page(['1', '2'], back(3)), window)).toEqual({
      kind: 'next',
      cursor: { ...start, page: 2, pages: 1, listedIds: ['1', '2'], previousIds: ['1', '2'], earliestStart: back(3) },
    })
  })

  it('asks anew, two days after the earliest start, after a full one with something new', () => {
    expect(stepAfter(start, page(ids(1, fullPage), back(10)), window)).toMatchObject({
      cursor: { before: back(8), page: 1, pages: 1, previousIds: [], earliestStart: back(10) },
    })
    expect(stepAfter(start, page(ids(1, fullPage), back(0)), window)).toMatchObject({
      cursor: { before: back(-2), page: 1 },
    })
  })

  it('goes on by number after a full one without anything new', () => {
    const known = { ...start, listedIds: ids(1, fullPage) }
    expect(stepAfter(known, page(ids(1, fullPage), back(1)), window)).toMatchObject({
      cursor: { before: null, page: 2 },
    })
  })

  it('is none after an activity from more than two days before the window, however full the page', () => {
    const endsAt = (days: number) => stepAfter(start, page(ids(1, fullPage), back(days)), window)
    expect(endsAt(30)).toMatchObject({ kind: 'next', cursor: { before: back(28) } })
    expect(endsAt(30.1)).toEqual({ kind: 'end' })
  })

  it('asks anew from the end of a short page where another one follows it', () => {
    const short = stepAfter(start, page(ids(1, 190), back(10)), window)
    if (short.kind !== 'next') throw new Error('the list goes on')
    const further = stepAfter(short.cursor, page(ids(191, 10), back(12)), window)
    expect(further).toMatchObject({ cursor: { before: back(8), page: 1, earliestStart: back(10) } })
  })

  it('goes on by number where that has led nowhere', () => {
    const again = { ...start, before: back(8), page: 2, earliestStart: back(10), listedIds: ids(1, 190) }
    expect(stepAfter(again, page(ids(191, 10), back(12)), window)).toMatchObject({
      cursor: { before: back(8), page: 3, earliestStart: back(12) },
    })
  })

  it('asks for full pages after a first one that was smaller', () => {
    const small = { ...start, perPage: 30 }
    expect(stepAfter(small, page(ids(1, 30), back(3)), window)).toMatchObject({
      cursor: { before: back(1), perPage: fullPage, page: 1 },
    })
    expect(stepAfter(small, page(ids(1, 29), back(3)), window)).toMatchObject({
      cursor: { before: null, perPage: 30, page: 2 },
    })
  })

  it('is none when the page before it is repeated, or the list goes on for ever', () => {
    const second = { ...start, page: 2, previousIds: ['1', '2'] }
    expect(stepAfter(second, page(['1', '2'], back(3)), window)).toEqual({ kind: 'broken', problem: 'page_repeated' })
    expect(stepAfter(second, page(['2', '1'], back(3)), window)).toMatchObject({ kind: 'next' })
    expect(stepAfter({ ...start, pages: 99 }, page(['1'], back(3)), window)).toEqual({
      kind: 'broken',
      problem: 'list_endless',
    })
  })
})

it.each([
  [0, 30],
  [16, 30],
  [25, 40],
  [100, 130],
  [180, 200],
  [5_000, 200],
])('with %i stored in the window, the first page is of %i', (stored, perPage) => {
  expect(pageSizeFor(stored)).toBe(perPage)
})

it('a run of 0.1 goes on with the page it was at', () => {
  expect(cursorFrom01({ window, nextPage: 3 })).toMatchObject({
    before: window.before,
    page: 3,
    pages: 2,
    listedIds: [],
  })
  expect(nextPageFor01({ ...start, listedIds: ids(1, 399) })).toBe(2)
})

/** `at` is what the list goes by, and `shown` what it says: a midnight that may be far from it where a start is hidden. */
interface Item {
  id: string
  at: number
  shown: number
}

/** As Strava lists: newest first, both ends excluded. */
const listFrom = (items: readonly Item[], cursor: ListCursor, isShown: (item: Item) => boolean = () => true) => {
  const inside = items
    .filter(({ at }) => !cursor.before || at < cursor.before.getTime())
    .sort((one, other) => other.at - one.at)
  const { page: number, perPage = fullPage } = cursor
  // A page is short where something is left out of it; what follows keeps its number.
  const shown = inside.slice((number - 1) * perPage, number * perPage).filter(isShown)
  return { length: shown.length, ids: shown.map(({ id }) => id), starts: shown.map((item) => new Date(item.shown)) }
}

const startInWindow = fc.integer({ min: window.after.getTime() + 1, max: newest.getTime() })
const hourMs = 3_600_000
/** How long after its start a hidden one is shown (negative: before), from 12 hours west of UTC to 14 hours east. */
const shownLaterMs = fc.oneof(fc.constant(0), fc.integer({ min: -36 * hourMs, max: 14 * hourMs }))

it('where pages are short nothing else is lost by deletions between two calls', () => {
  fc.assert(
    fc.property(
      fc.array(startInWindow, { minLength: 230, maxLength: 700 }),
      fc.infiniteStream(fc.nat({ max: 5 })),
      (starts, gone) => {
        let items: Item[] = starts.map((start, index) => ({ id: `${index}`, at: start, shown: start }))
        const isShown = ({ id }: Item) => Number(id) % 50 !== 0
        let cursor = start
        for (let call = 1; ; call += 1) {
          const shown = listFrom(items, cursor, isShown)
          const step = stepAfter(cursor, shown, window)
          if (step.kind === 'end') break
          expect(step.kind).toBe('next')
          expect(call).toBeLessThan(40)
          if (step.kind === 'next') cursor = step.cursor
          items = items.sort((one, other) => other.at - one.at).slice(gone.next().value ?? 0)
        }
        const listed = new Set(cursor.listedIds)
        const missed = items.filter((one) => isShown(one) && !listed.has(one.id))
        // What the last deletion has moved up past an end that was empty by then: the next run finds it.
        expect(missed.length).toBeLessThanOrEqual(5)
      },
    ),
    { numRuns: 60, endOnFailure: true },
  )
})

it.each([
  ['shown start', fc.constant(0)],
  ['true start, where that is hidden', shownLaterMs],
])(
  'by %s: whatever is deleted between two calls, all that stays is listed, in a bounded number of calls',
  (_by, laterMs) => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ at: fc.integer({ min: back(33).getTime(), max: newest.getTime() }), laterMs }), {
          minLength: 150,
          maxLength: 700,
        }),
        fc.infiniteStream(fc.nat({ max: 30 })),
        (starts, deletions) => {
          let items: Item[] = starts.map((start, index) => ({
            id: `${index}`,
            at: start.at,
            shown: start.at + start.laterMs,
          }))
          let cursor = start
          const listed = new Set<string>()
          for (let call = 1; ; call += 1) {
            const answer = listFrom(items, cursor)
            for (const id of answer.ids) listed.add(id)
            const step = stepAfter(cursor, answer, window)
            if (step.kind === 'end') break
            expect(step.kind).toBe('next')
            expect(call).toBeLessThan(20)
            if (step.kind === 'next') cursor = step.cursor
            // Deleted at the very top, where it moves all that follows.
            const gone = deletions.next().value ?? 0
            items = items.sort((one, other) => other.at - one.at).slice(Math.min(gone, 5))
          }
          const within = items.filter(({ shown }) => shown >= window.after.getTime())
          expect(within.filter(({ id }) => !listed.has(id))).toEqual([])
        },
      ),
      { numRuns: 60, endOnFailure: true },
    )
  },
)
