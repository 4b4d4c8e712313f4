import { eventData } from '@slipstream/contracts'
import type { StoredWorkout } from '@slipstream/records'
import type { StravaActivity } from '@slipstream/strava'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { morningRun } from '../../test/fixtures/activities.ts'
import { decidePage, type PageDecision, type PageInput, type WorkoutEvent } from './decide-page.ts'

const now = new Date('2026-11-21T10:00:00Z')
const dayMs = 24 * 60 * 60_000
const context = {
  athleteId: 'athlete_1',
  linkId: 'link_1',
  cause: 'hourly' as const,
  requestedAt: new Date('2026-11-21T09:59:58Z'),
}

const idMaker = () => {
  let made = 0
  return () => {
    made += 1
    return `workout_${made}`
  }
}

const pageOf = (changes: Partial<PageInput>): PageInput => ({
  context,
  activities: [morningRun],
  stored: [],
  tombstones: [],
  ticket: 1,
  now,
  newWorkoutId: idMaker(),
  keepForMs: 7 * dayMs,
  ...changes,
})

/** What the store does with a decision, without the database. */
const applyTo = (
  stored: Map<string, StoredWorkout>,
  { creates, updates, unchanged, ticket, fetchedAt }: PageDecision,
) => {
  for (const { workout } of [...creates, ...updates]) stored.set(workout.stravaActivityId, workout)
  for (const { workout, filledIn } of unchanged)
    stored.set(workout.stravaActivityId, { ...workout, ...filledIn, appliedTicket: ticket, fetchedAt })
  return [...creates, ...updates].map(({ event }) => event)
}

const storedFrom = (activity: StravaActivity, ticket = 1): StoredWorkout => {
  const [change] = decidePage(pageOf({ activities: [activity], ticket })).creates
  if (!change) throw new Error('nothing created')
  return change.workout
}

describe('decidePage', () => {
  it('creates what is new, with one event', () => {
    const { creates, updates, unchanged, stale } = decidePage(pageOf({}))
    expect([updates, unchanged, stale]).toEqual([[], [], []])
    expect(creates).toHaveLength(1)
    const [{ workout, event }] = creates as [(typeof creates)[0]]
    expect(workout).toMatchObject({
      _id: 'workout_1',
      version: 1,
      appliedTicket: 1,
      fetchedAt: now,
      firstIngestedAt: now,
    })
    expect(event).toMatchObject({
      id: 'workout_1.1',
      type: 'activity.ingested',
      data: {
        athleteId: 'athlete_1',
        workoutId: 'workout_1',
        stravaActivityId: '16181809559',
        version: 1,
        cause: 'hourly',
        source: 'strava',
        dataPolicy: { expiresAt: '2026-11-28T10:00:00.000Z', noAi: true },
        latencyMs: 2000,
      },
    })
    expect(eventData['activity.ingested'].safeParse(event.data).error).toBeUndefined()
  })

  it('says no end where data may be kept', () => {
    const [change] = decidePage(pageOf({ keepForMs: null })).creates
    expect(change?.event.data.dataPolicy.expiresAt).toBeNull()
  })

  it('never gives a negative latency when clocks disagree', () => {
    const later = { ...context, requestedAt: new Date(now.getTime() + 5000) }
    const [change] = decidePage(pageOf({ context: later })).creates
    expect(change?.event.data.latencyMs).toBe(0)
  })

  it('names the fields that changed', () => {
    const stored = storedFrom(morningRun)
    const renamed = { ...morningRun, name: 'Long run', startDate: '2026-10-25T11:05:00.000Z' }
    const later = new Date(now.getTime() + 1000)
    const { updates, creates } = decidePage(pageOf({ activities: [renamed], stored: [stored], ticket: 2, now: later }))
    expect(creates).toEqual([])
    expect(updates).toHaveLength(1)
    expect(updates[0]).toMatchObject({
      previousVersion: 1,
      workout: {
        _id: stored._id,
        version: 2,
        name: 'Long run',
        firstIngestedAt: now,
        updatedAt: later,
        appliedTicket: 2,
      },
      event: {
        id: `${stored._id}.2`,
        type: 'activity.updated',
        data: { version: 2, changedFields: ['name', 'startedAt'] },
      },
    })
    const event = updates[0]?.event
    expect(eventData['activity.updated'].safeParse(event?.data).error).toBeUndefined()
  })

  it('tells nothing of what reads as before', () => {
    const stored = storedFrom(morningRun)
    const decision = decidePage(pageOf({ stored: [stored], ticket: 2 }))
    expect(decision).toMatchObject({
      creates: [],
      updates: [],
      unchanged: [{ workout: stored, filledIn: {} }],
      stale: [],
    })
  })

  it('fills in quietly what the stored row has never had', () => {
    const { isPowerMeasured: _power, workoutType: _type, ...older } = storedFrom(morningRun)
    const measured = { ...morningRun, deviceWatts: true }
    const decision = decidePage(pageOf({ activities: [measured], stored: [older], ticket: 2 }))
    expect(decision).toMatchObject({ creates: [], updates: [], stale: [] })
    expect(decision.unchanged).toEqual([
      { workout: older, filledIn: { isPowerMeasured: true, workoutType: null }, refreshed: null },
    ])
  })

  it('does not name a field that the stored row has never had among those that changed', () => {
    const { workoutType: _type, ...older } = storedFrom(morningRun)
    const renamed = { ...morningRun, name: 'Race day', workoutType: 1 }
    const [update] = decidePage(pageOf({ activities: [renamed], stored: [older], ticket: 2 })).updates
    expect(update).toMatchObject({
      workout: { name: 'Race day', workoutType: 'race' },
      event: { type: 'activity.updated', data: { changedFields: ['name'] } },
    })
  })

  it('leaves alone what a later fetch has written', () => {
    const stored = storedFrom(morningRun, 5)
    const old = { ...morningRun, name: 'Old name' }
    for (const ticket of [4, 5]) {
      const decision = decidePage(pageOf({ activities: [old], stored: [stored], ticket }))
      expect(decision).toMatchObject({ creates: [], updates: [], unchanged: [], stale: [stored] })
    }
  })

  it('takes an activity that is listed twice once', () => {
    const { creates } = decidePage(pageOf({ activities: [morningRun, { ...morningRun }] }))
    expect(creates).toHaveLength(1)
  })

  it('tells apart activities that start at the same second, as hidden start times do', () => {
    const hidden = (stravaActivityId: string) => ({
      ...morningRun,
      stravaActivityId,
      startDateLocal: '2026-10-25T00:00:01Z',
    })
    expect(decidePage(pageOf({ activities: [hidden('1'), hidden('2')] })).creates).toHaveLength(2)
  })
})

/** A fetch sees some of the activities, each in one of a few forms. */
const activityArbitrary = fc
  .record({ id: fc.integer({ min: 1, max: 6 }), form: fc.integer({ min: 1, max: 3 }) })
  .map(({ id, form }): StravaActivity => ({ ...morningRun, stravaActivityId: String(id), name: `form ${form}` }))

const fetchesArbitrary = fc
  .array(fc.uniqueArray(activityArbitrary, { selector: (activity) => activity.stravaActivityId, maxLength: 6 }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((pages) => pages.map((activities, index) => ({ activities, ticket: index + 1 })))

/** The fetches in any order, some of them several times. */
const historyArbitrary = fetchesArbitrary.chain((fetches) =>
  fc
    .array(fc.constantFrom(...fetches), { maxLength: 8 })
    .chain((again) => fc.shuffledSubarray([...fetches, ...again], { minLength: fetches.length + again.length }))
    .map((deliveries) => ({ fetches, deliveries })),
)

const run = (deliveries: { activities: StravaActivity[]; ticket: number }[]) => {
  const stored = new Map<string, StoredWorkout>()
  const events: WorkoutEvent[] = []
  const newWorkoutId = idMaker()
  for (const { activities, ticket } of deliveries) {
    events.push(
      ...applyTo(stored, decidePage(pageOf({ activities, ticket, stored: [...stored.values()], newWorkoutId }))),
    )
  }
  return { stored, events }
}

describe('whatever order fetches are applied in', () => {
  it('ends with what the last fetch saw', () => {
    fc.assert(
      fc.property(historyArbitrary, ({ fetches, deliveries }) => {
        const { stored } = run(deliveries)
        for (const [id, workout] of stored) {
          const last = fetches.findLast(({ activities }) => activities.some((one) => one.stravaActivityId === id))
          expect(workout.name).toBe(last?.activities.find((one) => one.stravaActivityId === id)?.name)
          expect(workout.appliedTicket).toBe(last?.ticket)
        }
        const seen = new Set(fetches.flatMap(({ activities }) => activities.map((one) => one.stravaActivityId)))
        expect(new Set(stored.keys())).toEqual(seen)
      }),
    )
  })

  it('tells each workout once, and its changes in growing versions under ids of their own', () => {
    fc.assert(
      fc.property(historyArbitrary, ({ deliveries }) => {
        const { stored, events } = run(deliveries)
        for (const workout of stored.values()) {
          const own = events.filter(({ data }) => data.workoutId === workout._id)
          expect(own.filter(({ type }) => type === 'activity.ingested')).toHaveLength(1)
          expect(own.map(({ data }) => data.version)).toEqual(own.map((_, index) => index + 1))
          expect(own.at(-1)?.data.version).toBe(workout.version)
          expect(own.at(-1)?.data.workout.name).toBe(workout.name)
        }
        expect(new Set(events.map(({ id }) => id)).size).toBe(events.length)
      }),
    )
  })

  it('tells nothing when everything is fetched again unchanged', () => {
    fc.assert(
      fc.property(historyArbitrary, ({ fetches, deliveries }) => {
        const { stored } = run(deliveries)
        const activities = [...stored.keys()].map((id) => {
          const all = fetches.flatMap((fetch) => fetch.activities.filter((one) => one.stravaActivityId === id))
          return all.at(-1) as StravaActivity
        })
        const again = decidePage(pageOf({ activities, stored: [...stored.values()], ticket: fetches.length + 1 }))
        expect([again.creates, again.updates, again.stale]).toEqual([[], [], []])
        expect(again.unchanged).toHaveLength(stored.size)
      }),
    )
  })

  it('puts every activity in exactly one list', () => {
    fc.assert(
      fc.property(historyArbitrary, fc.integer({ min: 1, max: 9 }), ({ fetches, deliveries }, ticket) => {
        const { stored } = run(deliveries)
        const activities = fetches.at(0)?.activities ?? []
        const decision = decidePage(pageOf({ activities, stored: [...stored.values()], ticket }))
        const lists = [...decision.creates, ...decision.updates, ...decision.unchanged, ...decision.stale]
        expect(lists).toHaveLength(activities.length)
      }),
    )
  })
})

describe('a workout that was deleted', () => {
  const tombstone = {
    ...{ _id: 'workout_9', athleteId: 'athlete_1', linkId: 'link_1', source: 'strava' as const },
    ...{ stravaActivityId: morningRun.stravaActivityId, version: 4, appliedTicket: 7 },
    ...{ reason: 'deleted_at_strava' as const, deletedAt: now, deleteAt: now },
  }

  it('comes back under its id, in the next version, when a later fetch finds it', () => {
    const { creates } = decidePage(pageOf({ tombstones: [tombstone], ticket: 8 }))
    expect(creates).toMatchObject([
      { workout: { _id: 'workout_9', version: 5 }, event: { id: 'workout_9.5', type: 'activity.ingested' } },
    ])
  })

  it('stays deleted whatever an earlier fetch has found', () => {
    const { creates, stale } = decidePage(pageOf({ tombstones: [tombstone], ticket: 7 }))
    expect([creates, stale]).toEqual([[], [tombstone]])
  })

  it('and is still in its place is revived there, also when it reads as before', () => {
    const stored = { ...storedFrom(morningRun), deletion: { reason: 'deleted_at_strava' as const, at: now } }
    const { revivals, unchanged } = decidePage(pageOf({ stored: [stored], ticket: 2 }))
    expect(unchanged).toEqual([])
    expect(revivals).toMatchObject([
      { previousVersion: 1, workout: { version: 2 }, event: { type: 'activity.ingested' } },
    ])
    expect(revivals[0]?.workout).not.toHaveProperty('deletion')
  })
})

describe('a workout that reads as before', () => {
  const refreshedAfter = (days: number, changes: Partial<StoredWorkout> = {}, keepForMs: number | null = 7 * dayMs) => {
    const later = new Date(now.getTime() + days * dayMs)
    const stored = { ...storedFrom(morningRun), ...changes }
    const { unchanged, updates } = decidePage(pageOf({ stored: [stored], ticket: 2, now: later, keepForMs }))
    expect(updates).toEqual([])
    return unchanged[0]?.refreshed ?? null
  }

  it('tells receivers that they may keep it for longer when less than two days are left', () => {
    expect(refreshedAfter(4.9)).toBeNull()
    const until = new Date(now.getTime() + 12.1 * dayMs)
    expect(refreshedAfter(5.1)).toMatchObject({
      toldUntil: until,
      event: { type: 'activity.refreshed', data: { version: 1, dataPolicy: { expiresAt: until.toISOString() } } },
    })
  })

  it('of release 0.1 was told with its last change', () => {
    const stored = storedFrom(morningRun)
    const { toldUntil, ...of01 } = stored
    const decided = (days: number) =>
      decidePage(pageOf({ stored: [of01], ticket: 2, now: new Date(now.getTime() + days * dayMs) })).unchanged[0]
        ?.refreshed
    expect([decided(4.9), decided(5.1)]).toEqual([null, expect.anything()])
  })

  it('tells nothing where data are kept without end', () => {
    expect(refreshedAfter(50, {}, null)).toBeNull()
  })

  it('is told as one event each time', () => {
    const event = refreshedAfter(5.1)?.event
    expect(eventData['activity.refreshed'].parse(event?.data)).toEqual(event?.data)
    expect(event?.id).not.toBe(refreshedAfter(5.2)?.event.id)
  })
})
