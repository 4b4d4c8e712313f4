/** Where the time comes from; decisions receive `now` as data instead. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }
