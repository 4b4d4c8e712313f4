import { bucketNames } from '@slipstream/records'
import type { QuotaReading } from '@slipstream/strava'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Buckets, closeWindow, countCall, initialBuckets, isSpent, learn, rollWindows } from './windows.ts'

const at = (time: string) => new Date(`2026-11-20T${time}Z`)
const noon = at('12:07:30')

const reading = (overall: [number, number, number, number], read = overall): QuotaReading => {
  const part = ([limit15m, limitDay, used15m, usedDay]: typeof overall) => ({ limit15m, limitDay, used15m, usedDay })
  return { overall: part(overall), read: part(read), stravaDate: null }
}

const usage = (buckets: Buckets) => bucketNames.map((name) => buckets[name].used)

const withUsed = (used: Partial<Record<keyof Buckets, number>>, now = noon): Buckets => {
  const buckets = initialBuckets(now)
  for (const name of bucketNames) buckets[name].used = used[name] ?? 0
  return buckets
}

describe('windows', () => {
  test('a new app starts with 200 and 2,000 calls, 100 and 1,000 of them reads, from the running windows', () => {
    expect(initialBuckets(noon)).toEqual({
      overall15m: { limit: 200, used: 0, windowStart: at('12:00:00') },
      overallDay: { limit: 2000, used: 0, windowStart: at('00:00:00') },
      read15m: { limit: 100, used: 0, windowStart: at('12:00:00') },
      readDay: { limit: 1000, used: 0, windowStart: at('00:00:00') },
    })
  })

  test.each([
    ['one moment before the reset', at('12:14:59.999'), [7, 8, 9, 10]],
    ['at the quarter hour', at('12:15:00'), [0, 8, 0, 10]],
    ['at midnight UTC', new Date('2026-11-21T00:00:00Z'), [0, 0, 0, 0]],
    ['on a clock that is behind', at('11:59:59'), [7, 8, 9, 10]],
  ])('%s', (_case, now, used) => {
    const buckets = withUsed({ overall15m: 7, overallDay: 8, read15m: 9, readDay: 10 })
    expect(usage(rollWindows(buckets, now))).toEqual(used)
  })

  test('that a wrong clock opened far ahead are the present ones again, with all that was taken from them', () => {
    const ahead = withUsed({ overall15m: 7, readDay: 10 }, new Date('2026-11-21T19:00:00Z'))
    const rolled = rollWindows(ahead, noon)
    expect(rolled.overall15m).toEqual({ limit: 200, used: 7, windowStart: at('12:00:00') })
    expect(rolled.readDay).toEqual({ limit: 1000, used: 10, windowStart: at('00:00:00') })
  })
})

test('a call counts in all four buckets', () => {
  expect(usage(countCall(initialBuckets(noon), 'realtime'))).toEqual([1, 1, 1, 1])
})

test('the lanes of a window are counted, and remembered for the window after it', () => {
  const called = countCall(countCall(countCall(initialBuckets(noon), 'realtime'), 'realtime'), 'scheduled')
  const byLane = { realtime: 2, scheduled: 1 }
  expect(called.readDay).toMatchObject({ used: 3, byLane })
  const tomorrow = rollWindows(called, new Date('2026-11-21T09:00:00Z'))
  expect(tomorrow.readDay).toMatchObject({ used: 0, byLane: {}, before: { used: 3, byLane } })
  const later = rollWindows(called, new Date('2026-11-23T09:00:00Z'))
  expect(later.readDay.before).toEqual({ used: 0, byLane: {} })
})

test('one used-up limit spends the app', () => {
  expect(isSpent(withUsed({ read15m: 99, readDay: 999 }))).toBe(false)
  expect(isSpent(withUsed({ readDay: 1000 }))).toBe(true)
})

describe('learning from headers', () => {
  test('takes the limits, and the usage where it is above our own', () => {
    const learned = learn(
      withUsed({ overall15m: 5, overallDay: 50, read15m: 5, readDay: 50 }),
      reading([400, 4000, 9, 40]),
      noon,
    )
    expect(bucketNames.map((name) => learned[name].limit)).toEqual([400, 4000, 400, 4000])
    expect(usage(learned)).toEqual([9, 50, 9, 50])
  })

  test('changes nothing without headers, and one part without the other', () => {
    const buckets = withUsed({ read15m: 5 })
    expect(learn(buckets, null, noon)).toEqual(buckets)
    const { overall } = reading([400, 4000, 9, 40])
    expect(usage(learn(buckets, { overall, read: null, stravaDate: null }, noon))).toEqual([9, 40, 5, 0])
  })

  test('passes over a limit of zero', () => {
    const buckets = withUsed({})
    expect(learn(buckets, reading([0, 0, 0, 0]), noon)).toEqual(buckets)
  })

  test('passes over usage that may be of the window before, yet takes it for the day', () => {
    const rolled = rollWindows(withUsed({}), at('12:15:00'))
    const learned = learn(rolled, reading([100, 1000, 95, 300]), at('12:14:59.900'))
    expect(usage(learned)).toEqual([0, 300, 0, 300])
    expect(learned.read15m).toMatchObject({ limit: 100, windowStart: at('12:15:00') })
  })
})

describe('a refused call', () => {
  test('closes the quarter hour that its headers show as spent, and only that', () => {
    const closed = closeWindow(withUsed({ read15m: 20 }), reading([200, 2000, 101, 300], [100, 1000, 101, 300]), noon)
    expect(usage(closed)).toEqual([101, 300, 101, 300])
    expect([closed.overall15m.limit, closed.read15m.limit]).toEqual([200, 100])
  })

  test('closes the day when that is spent', () => {
    const closed = closeWindow(withUsed({}), reading([200, 2000, 30, 1500], [100, 1000, 30, 1000]), noon)
    expect(usage(closed)).toEqual([30, 1500, 30, 1000])
  })

  test.each([
    ['without headers', null],
    ['with headers that show nothing spent', reading([200, 2000, 3, 3])],
  ])('%s closes both quarter hours', (_case, seen) => {
    const closed = closeWindow(withUsed({}), seen, noon)
    expect(closed.overall15m.used).toBe(200)
    expect(closed.read15m.used).toBe(closed.read15m.limit)
    expect(isSpent(rollWindows(closed, at('12:15:00')))).toBe(false)
  })

  test('of the window before leaves the new one open', () => {
    const rolled = rollWindows(withUsed({}), at('12:15:00'))
    expect(closeWindow(rolled, null, at('12:14:59.900'))).toEqual(rolled)
  })
})

test('whatever happens, in whatever order, usage only grows within a window, and windows only go forward', () => {
  const count = fc.integer({ min: 0, max: 60 })
  const part = fc.option(fc.record({ limit15m: count, limitDay: count, used15m: count, usedDay: count }), { nil: null })
  const readings = fc.option(fc.record({ overall: part, read: part, stravaDate: fc.constant(null) }), { nil: null })
  const steps = fc.array(
    fc.record({
      type: fc.constantFrom('count', 'count', 'count', 'learn', 'close'),
      reading: readings,
      elapsedMs: fc.integer({ min: 0, max: 20 * 60_000 }),
      // The time that is known of Strava may step back a little; answers are heard some time after they were sent.
      behindMs: fc.integer({ min: 0, max: 30_000 }),
    }),
    { maxLength: 80 },
  )
  fc.assert(
    fc.property(
      fc.date({ min: at('00:00:00'), max: at('23:59:59'), noInvalidDate: true }),
      steps,
      (start, sequence) => {
        let nowMs = start.getTime()
        let buckets = initialBuckets(start)
        for (const { type, reading: seen, elapsedMs, behindMs } of sequence) {
          nowMs += elapsedMs
          const before = buckets
          const rolled = rollWindows(before, new Date(nowMs - behindMs))
          const sentAt = new Date(nowMs - behindMs)
          if (type === 'count') buckets = countCall(rolled, 'scheduled')
          else buckets = type === 'learn' ? learn(rolled, seen, sentAt) : closeWindow(rolled, seen, sentAt)
          for (const name of bucketNames) {
            const [was, is] = [before[name], buckets[name]]
            expect(is.windowStart.getTime()).toBeGreaterThanOrEqual(was.windowStart.getTime())
            if (is.windowStart.getTime() === was.windowStart.getTime()) {
              expect(is.used).toBeGreaterThanOrEqual(was.used)
            }
          }
        }
      },
    ),
  )
})
