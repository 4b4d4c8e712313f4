import { lanes } from '@slipstream/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Buckets,
  bucketNames,
  closeWindow,
  decideTake,
  earliestOpening,
  initialBuckets,
  laneSharePercent,
  learn,
  type QuotaReading,
  rollWindows,
} from './windows.ts'

const at = (time: string) => new Date(`2026-11-20T${time}Z`)
const noon = at('12:07:30')

const reading = (overall: [number, number, number, number], read = overall): QuotaReading => {
  const part = ([limit15m, limitDay, used15m, usedDay]: typeof overall) => ({ limit15m, limitDay, used15m, usedDay })
  return { overall: part(overall), read: part(read) }
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
})

describe('taking a permit', () => {
  test('counts in all four buckets', () => {
    const decision = decideTake(initialBuckets(noon), 'realtime', noon)
    expect(decision.granted && usage(decision.buckets)).toEqual([1, 1, 1, 1])
  })

  test('is refused until the quarter hour when that is spent', () => {
    expect(decideTake(withUsed({ read15m: 100 }), 'interactive', noon)).toEqual({
      granted: false,
      retryAt: at('12:15:00'),
      bucket: 'read15m',
    })
  })

  test('is refused until midnight when the day is spent too', () => {
    expect(decideTake(withUsed({ overall15m: 200, readDay: 1000 }), 'interactive', noon)).toEqual({
      granted: false,
      retryAt: new Date('2026-11-21T00:00:00Z'),
      bucket: 'readDay',
    })
  })

  test.each([
    ['interactive', 99, true],
    ['interactive', 100, false],
    ['realtime', 94, true],
    ['realtime', 95, false],
    ['scheduled', 79, true],
    ['scheduled', 80, false],
    ['backfill', 49, true],
    ['backfill', 50, false],
  ] as const)('%s with %i of 100 reads made: %s', (lane, used, granted) => {
    expect(decideTake(withUsed({ read15m: used }), lane, noon).granted).toBe(granted)
  })

  test('the earliest opening is now, or the reset that opens every bucket', () => {
    expect(earliestOpening(withUsed({ read15m: 50 }), 'scheduled', noon)).toEqual(noon)
    expect(earliestOpening(withUsed({ read15m: 50 }), 'backfill', noon)).toEqual(at('12:15:00'))
  })
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
    expect(usage(learn(buckets, { overall, read: null }, noon))).toEqual([9, 40, 5, 0])
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
    expect(decideTake(closed, 'interactive', noon)).toMatchObject({ bucket: 'read15m', retryAt: at('12:15:00') })
    expect(closed.overall15m.used).toBeLessThan(closed.overall15m.limit)
  })

  test('closes the day when that is spent', () => {
    const closed = closeWindow(withUsed({}), reading([200, 2000, 30, 1500], [100, 1000, 30, 1000]), noon)
    expect(decideTake(closed, 'interactive', noon)).toMatchObject({
      bucket: 'readDay',
      retryAt: new Date('2026-11-21T00:00:00Z'),
    })
  })

  test.each([
    ['without headers', null],
    ['with headers that show nothing spent', reading([200, 2000, 3, 3])],
  ])('%s closes both quarter hours', (_case, seen) => {
    const closed = closeWindow(withUsed({}), seen, noon)
    expect(closed.overall15m.used).toBe(200)
    expect(closed.read15m.used).toBe(closed.read15m.limit)
    expect(decideTake(closed, 'interactive', at('12:15:00')).granted).toBe(true)
  })

  test('of the window before leaves the new one open', () => {
    const rolled = rollWindows(withUsed({}), at('12:15:00'))
    expect(decideTake(closeWindow(rolled, null, at('12:14:59.900')), 'backfill', at('12:15:01')).granted).toBe(true)
  })
})

describe('whatever happens, in whatever order', () => {
  const count = fc.integer({ min: 0, max: 60 })
  const part = fc.option(fc.record({ limit15m: count, limitDay: count, used15m: count, usedDay: count }), { nil: null })
  const readings = fc.option(fc.record({ overall: part, read: part }), { nil: null })
  // Clocks of replicas differ: time mostly goes on, and sometimes steps back.
  const elapsedMs = fc.integer({ min: -120_000, max: 20 * 60_000 })
  const steps = fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({ type: fc.constant('take' as const), lane: fc.constantFrom(...lanes), elapsedMs }),
      },
      fc.record({ type: fc.constantFrom('learn' as const, 'close' as const), reading: readings, elapsedMs }),
    ),
    { maxLength: 80 },
  )

  test('no lane is granted past its share, usage only grows within a window, and a refusal names a coming reset', () => {
    fc.assert(
      fc.property(
        fc.date({ min: at('00:00:00'), max: at('23:59:59'), noInvalidDate: true }),
        steps,
        (start, sequence) => {
          let now = start
          let buckets = learn(initialBuckets(now), reading([20, 50, 0, 0], [10, 40, 0, 0]), now)
          for (const step of sequence) {
            now = new Date(now.getTime() + step.elapsedMs)
            const before = buckets
            if (step.type === 'take') {
              const decision = decideTake(before, step.lane, now)
              if (decision.granted) {
                buckets = decision.buckets
                for (const name of bucketNames) {
                  const { used, limit } = buckets[name]
                  expect(used * 100).toBeLessThanOrEqual(limit * laneSharePercent[step.lane])
                }
              } else {
                expect(decision.retryAt.getTime()).toBeGreaterThan(now.getTime())
                const windowMs = decision.bucket.endsWith('Day') ? 24 * 60 * 60_000 : 15 * 60_000
                expect(decision.retryAt.getTime() % windowMs).toBe(0)
              }
            } else if (step.type === 'learn') buckets = learn(before, step.reading, now)
            else buckets = closeWindow(before, step.reading, now)
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

  test('what a lower lane leaves, a person who waits can take', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 500 }),
        fc.constantFrom('realtime', 'scheduled', 'backfill'),
        (limit, lane) => {
          let buckets = learn(initialBuckets(noon), reading([limit, limit, 0, 0]), noon)
          const takeAll = (by: (typeof lanes)[number]) => {
            let taken = 0
            for (
              let decision = decideTake(buckets, by, noon);
              decision.granted;
              decision = decideTake(buckets, by, noon)
            ) {
              buckets = decision.buckets
              taken += 1
            }
            return taken
          }
          const lower = takeAll(lane)
          expect(takeAll('interactive')).toBe(limit - lower)
          expect(lower).toBe(Math.floor((limit * laneSharePercent[lane]) / 100))
        },
      ),
    )
  })
})
