import type { Clock } from '@slipstream/runtime'
import type { SummaryActivity } from '../domain/activity.ts'
import { type ActivityChanges, changesOf, withChanges } from '../domain/activity-changes.ts'
import { type Athlete, athletes } from '../domain/athletes.ts'
import { type ActivityPlan, buildActivity } from '../domain/build-activity.ts'
import { type Distortion, distorted } from '../domain/distortion.ts'
import { seededRandom } from '../domain/random.ts'
import { inventTraining } from '../domain/training.ts'

/** Every athlete's activities, in memory. */
export interface ActivityBook {
  of(athleteId: number): readonly SummaryActivity[]
  find(activityId: number): SummaryActivity | undefined
  add(athlete: Athlete, plan: ActivityPlan): SummaryActivity
  replace(activity: SummaryActivity): void
  remove(activityId: number): void
  /** Null shows it again as it is. */
  distort(activityId: number, distortion: Distortion | null): void
  /** Whether the application is shown it at all; a hidden one looks deleted. */
  hide(activityId: number, isHidden: boolean): void
  isHidden(activityId: number): boolean
  hiddenIds(): readonly number[]
  /** Every activity is shown as it is. */
  clearDistortions(): void
  /** What Strava answers, given the activity's summary or detail. */
  shown(shape: Pick<SummaryActivity, 'id' | 'hidden_start'>): object
  /** Back to the invented history as of now. */
  reset(): void
  changes(): ActivityChanges
  /** The invented history as of now with these changes. */
  restore(changes: ActivityChanges): void
}

/** Ids of added activities follow the clock in tenths of a second, so that a restart never hands out a used one. */
const addedIdBase = 16_000_000_000
const addedIdEpoch = Date.UTC(2026, 0, 1)

export const createActivityBook = ({ clock, seed }: { clock: Clock; seed: number }): ActivityBook => {
  let invented: ReadonlyMap<number, SummaryActivity> = new Map()
  let book = new Map<number, SummaryActivity>()
  const distortions = new Map<number, Distortion>()
  const hidden = new Set<number>()
  let lastId = addedIdBase

  const restore = (changes: ActivityChanges) => {
    const history = athletes.flatMap((athlete, index) => inventTraining(athlete, index, seed, clock.now()))
    invented = new Map(history.map((activity) => [activity.id, activity]))
    book = withChanges(invented, changes)
    lastId = Math.max(lastId, ...changes.added.map(({ id }) => id))
  }
  const reset = () => {
    distortions.clear()
    hidden.clear()
    restore({ added: [], edited: [], removed: [] })
  }
  reset()

  return {
    of: (athleteId) => [...book.values()].filter((activity) => activity.athlete.id === athleteId),
    find: (activityId) => book.get(activityId),
    add: (athlete, plan) => {
      lastId = Math.max(lastId + 1, addedIdBase + Math.floor((clock.now().getTime() - addedIdEpoch) / 100))
      const activity = buildActivity(athlete, plan, lastId, seededRandom(seed, lastId))
      book.set(activity.id, activity)
      return activity
    },
    replace: (activity) => {
      book.set(activity.id, activity)
    },
    remove: (activityId) => {
      book.delete(activityId)
      distortions.delete(activityId)
      hidden.delete(activityId)
    },
    distort: (activityId, distortion) => {
      if (distortion) distortions.set(activityId, distortion)
      else distortions.delete(activityId)
    },
    hide: (activityId, isHidden) => {
      if (isHidden) hidden.add(activityId)
      else hidden.delete(activityId)
    },
    isHidden: (activityId) => hidden.has(activityId),
    hiddenIds: () => [...hidden],
    clearDistortions: () => distortions.clear(),
    shown: ({ hidden_start, ...shape }) => distorted(shape, distortions.get(shape.id)),
    reset,
    changes: () => changesOf(invented, book),
    restore,
  }
}
