/** Bounds on the start times of activities. */
export interface StoredWindow {
  after: Date
  before: Date
}

const dayMs = 24 * 60 * 60_000

/**
 * The newest days, up to tomorrow. The end lies ahead because start times come from the athlete's device: one whose clock
 * is fast starts in the future. It is fixed for a whole run, so that its pages belong to one list.
 */
export const windowAt = (now: Date, windowDays: number): StoredWindow => ({
  after: new Date(now.getTime() - windowDays * dayMs),
  before: new Date(now.getTime() + dayMs),
})

/** The days that a window made by `windowAt` looks back. */
export const windowDaysOf = ({ after, before }: StoredWindow): number =>
  Math.max(1, Math.round((before.getTime() - after.getTime()) / dayMs) - 1)
