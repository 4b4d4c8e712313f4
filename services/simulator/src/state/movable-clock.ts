import type { Clock } from '@slipstream/runtime'

/** Goes on at its own pace after every move, ahead of the clock under it or behind. */
export interface MovableClock extends Clock {
  /** How far ahead; negative is behind. */
  offsetMs(): number
  setOffsetMs(offsetMs: number): void
}

export const createMovableClock = (under: Clock): MovableClock => {
  let offset = 0
  return {
    now: () => new Date(under.now().getTime() + offset),
    offsetMs: () => offset,
    setOffsetMs: (next) => {
      offset = next
    },
  }
}
