import { describe, expect, it } from 'vitest'
import { athletes } from './athletes.ts'
import { inventTraining } from './training.ts'

const now = new Date('2026-11-20T14:30:00Z')
const dayMs = 86_400_000

const trainingOf = (account: string, at: Date = now) => {
  const index = athletes.findIndex((athlete) => athlete.account === account)
  return inventTraining(athletes[index]!, index, 1, at)
}

describe('every athlete', () => {
  it('has activities with ids of their own, beyond 32 bits and within 2^53', () => {
    const ids = athletes.flatMap(({ account }) => trainingOf(account).map(({ id }) => id))
    expect(new Set(ids).size).toBe(ids.length)
    expect(Math.min(...ids)).toBeGreaterThan(2 ** 32)
    expect(Number.isSafeInteger(Math.max(...ids))).toBe(true)
  })

  it.each(athletes.map(({ account }) => account))(
    '%s: nothing is in the future, local time follows the zone',
    (account) => {
      for (const activity of trainingOf(account)) {
        const end = Date.parse(activity.start_date) + activity.elapsed_time * 1000
        const hidden = activity.start_date.endsWith('T00:00:01Z')
        if (!hidden) {
          expect(end).toBeLessThanOrEqual(now.getTime())
          const local = Date.parse(activity.start_date) + activity.utc_offset * 1000
          expect(Date.parse(activity.start_date_local)).toBe(local)
        }
        expect(activity.elapsed_time).toBeGreaterThanOrEqual(activity.moving_time)
        expect(activity.private).toBe(activity.visibility === 'only_me')
      }
    },
  )

  it.each(athletes.map(({ account }) => account))('%s: the same history after a restart on the next day', (account) => {
    const tomorrow = new Map(trainingOf(account, new Date(now.getTime() + dayMs)).map((each) => [each.id, each]))
    const kept = trainingOf(account).filter(({ id }) => tomorrow.has(id))
    expect(kept.length).toBeGreaterThan(trainingOf(account).length * 0.9)
    for (const activity of kept) expect(tomorrow.get(activity.id)).toEqual(activity)
  })
})

describe('busy', () => {
  const hourMs = 3_600_000
  const expectAllInWindow = (at: Date) => {
    const windowStart = at.getTime() - 28 * dayMs
    const inWindow = trainingOf('busy', at).filter(({ start_date }) => Date.parse(start_date) > windowStart)
    expect(inWindow.length, at.toISOString()).toBe(450)
  }

  // In Melbourne daylight saving begins on 2026-10-03 and ends on 2027-04-03, both at 16:00 UTC.
  it.each([
    ['2026-11-20', 'daylight saving time'],
    ['2026-07-01', 'standard time'],
    ['2026-10-03', 'daylight saving begins'],
    ['2026-10-31', 'it began 28 days ago'],
    ['2027-04-03', 'it ends'],
    ['2027-05-01', 'it ended 28 days ago'],
  ])('has 450 activities in the last 28 days at every hour from %s on: %s', (day) => {
    for (let hour = 0; hour < 48; hour += 1) expectAllInWindow(new Date(Date.parse(day) + hour * hourMs))
  })

  it('has them on every day of a cycle', () => {
    for (let day = 0; day < 27; day += 1) expectAllInWindow(new Date(now.getTime() + day * (dayMs + hourMs)))
  })

  it('has none older than that, so that any list of all of them is the window', () => {
    expect(trainingOf('busy')).toHaveLength(450)
  })
})

describe('chris', () => {
  const lastFourWeeks = trainingOf('chris').filter(
    ({ start_date }) => Date.parse(start_date) > now.getTime() - 28 * dayMs,
  )
  const some = (check: (activity: (typeof lastFourWeeks)[number]) => boolean) => lastFourWeeks.some(check)

  it.each([
    [
      'a manual entry without upload, device, map and speed',
      (a) =>
        a.manual &&
        a.upload_id === null &&
        !('upload_id_str' in a) &&
        !('device_name' in a) &&
        a.start_latlng.length === 0 &&
        a.max_speed === 0,
    ],
    ['no distance at all', (a) => a.distance === 0 && a.average_speed === 0],
    ['a hidden start', (a) => a.start_date === a.start_date_local && a.start_date.endsWith('T00:00:01Z')],
    ['heart rate absent', (a) => !a.has_heartrate && !a.heartrate_opt_out && !('average_heartrate' in a)],
    ['heart rate hidden', (a) => a.heartrate_opt_out && !('suffer_score' in a)],
    ['Only You', (a) => a.visibility === 'only_me'],
    ['followers only, which is not private', (a) => a.visibility === 'followers_only' && !a.private],
    ['an odd zone', (a) => a.timezone.endsWith(' EST5EDT')],
    ['a sport nobody knows', (a) => a.sport_type === 'Sledding' && a.type === 'Workout'],
    ['workout type null', (a) => a.workout_type === null],
    ['an e-bike', (a) => a.sport_type === 'EBikeRide'],
    ['a trainer ride', (a) => a.trainer && a.start_latlng.length === 0],
    ['power', (a) => typeof a.average_watts === 'number' && a.device_watts === true],
    ['estimated power', (a) => typeof a.average_watts === 'number' && a.device_watts === false && !('max_watts' in a)],
  ] satisfies [string, (activity: (typeof lastFourWeeks)[number]) => boolean][])('has %s', (_name, check) => {
    expect(some(check)).toBe(true)
  })
})

describe('time zones', () => {
  it('keep the standard offset in the name while the offset itself follows daylight saving', () => {
    const summer = trainingOf('ben', new Date('2026-07-20T14:30:00Z'))
    expect(summer.every(({ timezone }) => timezone === '(GMT-05:00) America/New_York')).toBe(true)
    expect(summer.every(({ utc_offset }) => utc_offset === -14_400)).toBe(true)
  })
})
