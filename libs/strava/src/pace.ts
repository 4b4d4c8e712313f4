import Bottleneck from 'bottleneck'

/** Spreads the calls of one process; who may call at all is decided elsewhere, by the quota ledger. */
export interface Pace {
  run<T>(call: () => Promise<T>): Promise<T>
}

/** At most `maxConcurrent` calls at a time, starting at least `minSpacingMs` apart, first come first served. */
export const createPace = ({ maxConcurrent, minSpacingMs }: { maxConcurrent: number; minSpacingMs: number }): Pace => {
  const limiter = new Bottleneck({ maxConcurrent, minTime: minSpacingMs })
  return { run: (call) => limiter.schedule(call) }
}
