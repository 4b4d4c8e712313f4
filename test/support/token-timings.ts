/** Whether promises are tested with their real times and bigger numbers. */
export const isLong = process.env.SLIPSTREAM_LONG === '1'

/** All times of the vault are shortened by this. */
export const timeFactor = isLong ? 1 : 10

/** As `defaultTimings` of libs/vault; `freshForMs` and what lasts for hours stays. */
export const timings = {
  leaseMs: 30_000 / timeFactor,
  callerWaitMs: 10_000 / timeFactor,
  pollMs: 250 / timeFactor,
  waitMs: 35_000 / timeFactor,
  storePauseMs: 2_000 / timeFactor,
  revokeLeaseMs: 30_000 / timeFactor,
}
