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
  it.each([0, 1, 5, 13, 26])('has 450 activities in the last 28 days, also %i days later', (days) => {
    const at = new Date(now.getTime() + days * dayMs)
    const all = trainingOf('busy', at)
    expect(all).toHaveLength(450)
    expect(all.every(({ start_date }) => Date.parse(start_date) > at.getTime() - 28 * dayMs)).toBe(true)
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
