import { type Lane, lanes } from '@slipstream/contracts'
import { bucketNames, type LaneCalls } from '@slipstream/records'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ceilingAt, laneOpensAt, leftForADay, spreadOver } from './lane-budget.ts'
import { type Bucket, type Buckets, rollWindows } from './windows.ts'

const at = (time: string) => new Date(`2026-11-20T${time}Z`)
const proven = (now: Date) => ({ now, isProven: true })

const bucketsAt = (now: Date, used15m: number, usedDay = 0, limits = { quarterHour: 100, day: 20_000 }): Buckets => {
  const bucket = (limit: number, used: number): Bucket => ({ limit, used, windowStart: new Date(0) })
  const rolled = rollWindows(
    {
      overall15m: bucket(limits.quarterHour * 2, 0),
      overallDay: bucket(limits.day * 2, 0),
      read15m: bucket(limits.quarterHour, 0),
      readDay: bucket(limits.day, 0),
    },
    now,
  )
  return {
    ...rolled,
    overall15m: { ...rolled.overall15m, used: used15m },
    read15m: { ...rolled.read15m, used: used15m },
    overallDay: { ...rolled.overallDay, used: usedDay },
    readDay: { ...rolled.readDay, used: usedDay },
  }
}

const ceilings = (name: 'read15m' | 'readDay', now: Date, limits?: { quarterHour: number; day: number }) =>
  lanes.map((lane) => ceilingAt(bucketsAt(now, 0, 0, limits), name, lane, now))

describe('a quarter hour', () => {
  test.each([
    ['at its begin', '12:00:00', [100, 50, 80, 50]],
    ['up to its last fifth', '12:12:00', [100, 50, 80, 50]],
    ['in the middle of the return', '12:13:15', [100, 75, 90, 50]],
    ['in its last half minute', '12:14:30', [100, 100, 100, 50]],
  ])(
    '%s lets each lane fill its share; the reserve comes back late, and never to backfill',
    (_when, time, expected) => {
      expect(ceilings('read15m', at(time))).toEqual(expected)
    },
  )

  test.each<[Lane, number, string, string]>([
    ['interactive', 99, '12:05:00', '12:05:00'],
    ['interactive', 100, '12:05:00', '12:15:01'],
    ['realtime', 95, '12:05:00', '12:12:30'],
    ['scheduled', 79, '12:05:00', '12:05:00'],
    ['scheduled', 80, '12:05:00', '12:12:07.500'],
    ['scheduled', 99, '12:05:00', '12:14:30'],
    ['scheduled', 100, '12:05:00', '12:15:01'],
    ['backfill', 50, '12:14:50', '12:15:01'],
    ['interactive', 0, '12:14:57.999', '12:14:57.999'],
    ['interactive', 0, '12:14:58', '12:15:01'],
    ['interactive', 0, '12:15:00.999', '12:15:01'],
    ['interactive', 0, '12:15:01', '12:15:01'],
  ])('%s with %i reads made at %s may call at %s', (lane, used, now, opens) => {
    expect(laneOpensAt(bucketsAt(at(now), used), lane, proven(at(now)))).toEqual(at(opens))
  })

  test('is opened and closed with 3 s to spare until an answer has told the time', () => {
    const opensAt = (now: string) =>
      laneOpensAt(bucketsAt(at(now), 0), 'interactive', { now: at(now), isProven: false })
    expect(opensAt('12:14:57')).toEqual(at('12:15:03'))
    expect(opensAt('12:14:56.999')).toEqual(at('12:14:56.999'))
  })
})

describe('a day', () => {
  const limits = { quarterHour: 100, day: 1_000 }
  test.each([
    ['00:00:00', [1_000, 500, 100, 100]],
    ['06:00:00', [1_000, 500, 350, 350]],
    ['12:00:00', [1_000, 500, 600, 500]],
    ['23:45:00', [1_000, 500, 900, 500]],
  ])(
    'at %s lets paced lanes use what has passed and a quarter hour; its reserve never comes back',
    (time, expected) => {
      expect(ceilings('readDay', at(time), limits)).toEqual(expected)
    },
  )

  test('that is ahead of its pace opens as time passes', () => {
    const now = at('06:00:00')
    const opens = laneOpensAt(bucketsAt(now, 0, 350, limits), 'scheduled', proven(now))
    // One call more each 86.4 seconds.
    expect(opens).toEqual(at('06:01:26.400'))
    expect(laneOpensAt(bucketsAt(now, 0, 350, limits), 'realtime', proven(at('06:00:01')))).toEqual(at('06:00:01'))
  })

  test('that is spent opens after midnight', () => {
    const now = at('06:00:00')
    expect(laneOpensAt(bucketsAt(now, 0, 1_000, limits), 'interactive', proven(now))).toEqual(
      new Date('2026-11-21T00:00:01Z'),
    )
  })
})

describe('webhooks', () => {
  /** Both windows hold these calls. */
  const after = (now: Date, byLane: LaneCalls, limits = { quarterHour: 100, day: 1_000 }): Buckets => {
    const used = Object.values(byLane).reduce((sum, calls) => sum + calls, 0)
    const buckets = bucketsAt(now, used, used, limits)
    const withLanes = (bucket: Bucket) => ({ ...bucket, byLane })
    return {
      overall15m: withLanes(buckets.overall15m),
      overallDay: withLanes(buckets.overallDay),
      read15m: withLanes(buckets.read15m),
      readDay: withLanes(buckets.readDay),
    }
  }

  test.each<[string, LaneCalls, string, string]>([
    ['up to half of a quarter hour', { realtime: 49 }, '12:05:00', '12:05:00'],
    ['and no more before its last fifth', { realtime: 50 }, '12:05:00', '12:12:03'],
    ['and all of it at its end', { realtime: 99 }, '12:05:00', '12:14:30'],
    ['half of what people leave', { realtime: 39, interactive: 20 }, '12:05:00', '12:05:00'],
    ['and not more', { realtime: 40, interactive: 20 }, '12:05:00', '12:12:03.750'],
    ['whatever turns use', { realtime: 49, scheduled: 40 }, '12:05:00', '12:05:00'],
  ])('may cause calls %s', (_what, byLane, now, opens) => {
    const limits = { quarterHour: 100, day: 20_000 }
    expect(laneOpensAt(after(at(now), byLane, limits), 'realtime', proven(at(now)))).toEqual(at(opens))
  })

  test('may cause half of a day', () => {
    const limits = { quarterHour: 1_000, day: 1_000 }
    const opens = (realtime: number) =>
      laneOpensAt(after(at('12:05:00'), { realtime }, limits), 'realtime', proven(at('12:05:00')))
    expect(opens(499)).toEqual(at('12:05:00'))
    expect(opens(500)).toEqual(new Date('2026-11-21T00:00:01Z'))
  })

  test('leave people and turns the rest, however many there are', () => {
    const flood = after(at('12:05:00'), { realtime: 50 })
    for (const lane of ['interactive', 'scheduled'] as const) {
      expect(laneOpensAt(flood, lane, proven(at('12:05:00')))).toEqual(at('12:05:00'))
    }
  })
})

describe('what is left for turns', () => {
  const noon = at('12:00:00')
  const limits = { quarterHour: 100, day: 1_000 }
  const withDay = (day: Partial<Bucket>): Buckets => {
    const buckets = bucketsAt(noon, 0, 0, limits)
    return { ...buckets, readDay: { ...buckets.readDay, ...day } }
  }
  test.each<[string, Partial<Bucket>, number]>([
    ['all but a tenth of a day', {}, 900],
    ['less what others make today, at the pace so far', { used: 300, byLane: { scheduled: 180, realtime: 100 } }, 660],
    ['less what others made yesterday', { before: { used: 700, byLane: { scheduled: 240 } } }, 440],
    ['nothing', { before: { used: 950, byLane: {} } }, 0],
  ])('is %s', (_what, day, left) => {
    expect(leftForADay(withDay(day), 'scheduled', noon)).toBe(left)
  })

  test('is no more than quarter hours let through', () => {
    expect(leftForADay(bucketsAt(noon, 0, 0, { quarterHour: 10, day: 20_000 }), 'scheduled', noon)).toBe(8 * 96)
  })

  test('is not judged by the first hours of a day', () => {
    const early = at('00:30:00')
    const buckets = bucketsAt(early, 0, 60, limits)
    expect(leftForADay(buckets, 'scheduled', early)).toBe(900 - 240)
  })
})

describe('whatever is used', () => {
  const facts = fc.record({
    now: fc.date({ min: at('00:00:00'), max: at('23:59:59'), noInvalidDate: true }),
    lane: fc.constantFrom(...lanes),
    used15m: fc.integer({ min: 0, max: 130 }),
    usedDay: fc.integer({ min: 0, max: 1_200 }),
    isProven: fc.boolean(),
    random: fc.double({ min: 0, max: 0.999, noNaN: true }),
  })

  test('the opening is the first moment with room in every bucket, and no moment around an edge', () => {
    fc.assert(
      fc.property(facts, ({ now, lane, used15m, usedDay, isProven }) => {
        const buckets = bucketsAt(now, used15m, usedDay, { quarterHour: 100, day: 1_000 })
        const opens = laneOpensAt(buckets, lane, { now, isProven })
        expect(opens.getTime()).toBeGreaterThanOrEqual(now.getTime())
        const room = (moment: Date) => {
          const rolled = rollWindows(buckets, moment)
          return bucketNames.every((name) => rolled[name].used < ceilingAt(rolled, name, lane, moment))
        }
        expect(room(opens)).toBe(true)
        const sinceEdgeMs = opens.getTime() % 900_000
        expect(sinceEdgeMs).toBeGreaterThanOrEqual(isProven ? 1_000 : 3_000)
        expect(sinceEdgeMs).toBeLessThan(isProven ? 898_000 : 897_000)
        const justBefore = new Date(opens.getTime() - 1)
        if (opens > now && sinceEdgeMs > 3_000) expect(room(justBefore)).toBe(false)
      }),
      { numRuns: 500 },
    )
  })

  test('those who wait are spread over what is left of their window', () => {
    fc.assert(
      fc.property(facts, ({ now, lane, used15m, usedDay, isProven, random }) => {
        const time = { now, isProven }
        const opens = laneOpensAt(bucketsAt(now, used15m, usedDay), lane, time)
        const spread = spreadOver(opens, lane, time, random)
        expect(spread.getTime()).toBeGreaterThanOrEqual(opens.getTime())
        expect(spread.getTime() - opens.getTime()).toBeLessThanOrEqual(20_000)
        expect(laneOpensAt(bucketsAt(spread, 0), lane, { now: spread, isProven })).toEqual(spread)
      }),
    )
  })
})
