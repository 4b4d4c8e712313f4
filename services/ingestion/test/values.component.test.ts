import { newId, Secret, systemClock } from '@slipstream/runtime'
import { createStravaApi, type StravaActivity } from '@slipstream/strava'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createWorkoutStore } from '../src/adapters/workout-store.ts'
import { decidePage } from '../src/domain/decide-page.ts'
import { eventually, type Harness, ofType, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion()
})
afterAll(() => harness?.stop())

/** Any text, whole or cut within a character. */
const text = fc.string({
  unit: fc.oneof(fc.string({ unit: 'binary', minLength: 1, maxLength: 3 }), fc.constantFrom('\ud83d', '\ude00')),
})
const textFields = ['name', 'sport_type', 'type', 'timezone', 'visibility', 'device_name', 'start_date_local']
const measures = [
  'distance',
  'moving_time',
  'elapsed_time',
  'total_elevation_gain',
  'average_heartrate',
  'max_heartrate',
]
const more = [
  'average_cadence',
  'average_watts',
  'kilojoules',
  'suffer_score',
  'workout_type',
  'utc_offset',
  'upload_id',
]
const flags = ['device_watts', 'manual', 'trainer', 'commute', 'private']
const valuesFor = (fields: string[], value: fc.Arbitrary<unknown>) =>
  fc.dictionary(fc.constantFrom(...fields), fc.oneof({ weight: 5, arbitrary: value }, fc.jsonValue()))
const startDate = fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
const anyActivity = fc
  .tuple(
    startDate,
    valuesFor(textFields, text),
    valuesFor([...measures, ...more], fc.oneof(fc.double({ min: 0, max: 300 }), fc.double(), fc.integer())),
    valuesFor(flags, fc.boolean()),
  )
  .map(([date, ...fields]) => Object.assign({ start_date: date.toISOString() }, ...fields) as object)

/** As the client reads them from an answer of Strava. */
const read = async (list: object[]) => {
  const answer = async () => new Response(JSON.stringify(list.map((activity, id) => ({ ...activity, id }))))
  const api = createStravaApi({ baseUrl: 'http://strava.test', fetch: answer })
  return api.listActivities({ accessToken: new Secret('token'), page: 1, perPage: 200 })
}

describe('any activity', () => {
  it('reads the same from Strava as from the store', async () => {
    const store = createWorkoutStore(harness.store.collections, systemClock)
    let ticket = 0
    const apply = (linkId: string, activities: StravaActivity[]) => {
      ticket += 1
      const context = { athleteId: 'athlete', linkId, cause: 'hourly', requestedAt: new Date() } as const
      const rest = { context, ticket, now: new Date(), newWorkoutId: () => newId('workout'), keepForMs: null }
      return store.apply({
        linkId,
        activities,
        decide: (open, known) => decidePage({ ...rest, activities: open, ...known }),
      })
    }
    await fc.assert(
      fc.asyncProperty(fc.array(anyActivity, { minLength: 1, maxLength: 20 }), async (list) => {
        const { data: activities, unreadable } = await read(list)
        expect(unreadable).toEqual([])
        const linkId = newId('link')
        expect(await apply(linkId, activities)).toMatchObject({ tally: { created: list.length } })
        expect(await apply(linkId, activities)).toMatchObject({ tally: { updated: 0, unchanged: list.length } })
      }),
      { numRuns: 50 },
    )
  })
})

describe('odd values', () => {
  it('cost no activity, are counted, and change nothing at the next sync', async () => {
    const { control } = harness.simulator
    const distorted = [
      { fields: { name: 'Sunset ride \ud83d' } },
      { fields: { start_date_local: '2016-12-31T23:59:60Z' } },
      { fields: { moving_time: 4_208_365, elapsed_time: 4_208_365 } },
      { fields: { average_heartrate: 900, device_watts: false, average_watts: 210 } },
    ].map((distortion) => String(control.addActivity('anna', { distortion }).id))
    const link = await harness.link('anna')
    const seen = harness.follow(link.athleteId)
    const first = await harness.finishedRun(await harness.request(link))
    expect(first).toMatchObject({ outcome: 'succeeded', counts: { created: first.counts.listed } })
    const again = await harness.finishedRun(await harness.request(link))
    expect(again.counts).toMatchObject({ created: 0, updated: 0, unchanged: first.counts.listed })

    await eventually(() => expect(ofType(seen, 'activity.ingested')).toHaveLength(first.counts.listed))
    const told = ofType(seen, 'activity.ingested').map(({ data }) => data.workout)
    const [name, time, duration, power] = distorted.map((id) =>
      told.find(({ stravaActivityId }) => stravaActivityId === id),
    )
    expect(name?.name).toBe('Sunset ride \ufffd')
    expect(time?.startedAtLocal.slice(0, 4)).toBe(time?.startedAt.slice(0, 4))
    expect(duration).toMatchObject({ movingTimeSeconds: 0, elapsedTimeSeconds: 0 })
    expect(power).toMatchObject({ averageHeartRateBpm: null, isPowerMeasured: false, averageWatts: 210 })
    const metrics = await harness.metrics.registry.metrics()
    for (const field of ['start_date_local', 'moving_time', 'elapsed_time', 'average_heartrate'])
      expect(metrics).toMatch(new RegExp(`^slipstream_implausible_values_total\\{field="${field}".*\\} 2$`, 'm'))
  })
})
