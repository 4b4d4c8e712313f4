import type { Clock } from '@slipstream/runtime'
import type { SummaryActivity } from '../domain/activity.ts'
import { type Athlete, athletes } from '../domain/athletes.ts'
import { type ActivityPlan, buildActivity } from '../domain/build-activity.ts'
import { seededRandom } from '../domain/random.ts'
import { inventTraining } from '../domain/training.ts'

/** Every athlete's activities, in memory. */
export interface ActivityBook {
  of(athleteId: number): readonly SummaryActivity[]
  find(activityId: number): SummaryActivity | undefined
  add(athlete: Athlete, plan: ActivityPlan): SummaryActivity
  replace(activity: SummaryActivity): void
  remove(activityId: number): void
  /** Back to the invented history as of now. */
  reset(): void
}

/** Ids of added activities follow the clock in tenths of a second, so that a restart never hands out a used one. */
const addedIdBase = 16_000_000_000
const addedIdEpoch = Date.UTC(2026, 0, 1)

export const createActivityBook = ({ clock, seed }: { clock: Clock; seed: number }): ActivityBook => {
  const book = new Map<number, Map<number, SummaryActivity>>()
  let lastId = addedIdBase

  const pageOf = (athleteId: number): Map<number, SummaryActivity> => {
    const known = book.get(athleteId)
    if (known) return known
    const created = new Map<number, SummaryActivity>()
    book.set(athleteId, created)
    return created
  }
  const reset = () => {
    book.clear()
    athletes.forEach((athlete, index) => {
      const page = pageOf(athlete.stravaAthleteId)
      for (const activity of inventTraining(athlete, index, seed, clock.now())) page.set(activity.id, activity)
    })
  }
  reset()

  return {
    of: (athleteId) => [...pageOf(athleteId).values()],
    find: (activityId) => {
      for (const page of book.values()) {
        const activity = page.get(activityId)
        if (activity) return activity
      }
      return undefined
    },
    add: (athlete, plan) => {
      lastId = Math.max(lastId + 1, addedIdBase + Math.floor((clock.now().getTime() - addedIdEpoch) / 100))
      const activity = buildActivity(athlete, plan, lastId, seededRandom(seed, lastId))
      pageOf(athlete.stravaAthleteId).set(activity.id, activity)
      return activity
    },
    replace: (activity) => {
      pageOf(activity.athlete.id).set(activity.id, activity)
    },
    remove: (activityId) => {
      for (const page of book.values()) page.delete(activityId)
    },
    reset,
  }
}
