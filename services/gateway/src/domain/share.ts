import type { RunCounts } from '@slipstream/contracts'

/** A pass over the list takes two calls at least, as far as anyone knows before it. */
const fewestCalls = 2

/**
 * Whether what is left of the athlete's share of the quota carries another pass like the last one. One that takes more
 * than a whole share goes on over several quarter hours, and may begin with a whole one.
 */
export const carriesAnotherPass = (
  share: { left: number; allowance: number },
  lastPass: { counts: RunCounts } | null,
): boolean => share.left >= Math.min(Math.max(fewestCalls, lastPass?.counts.calls ?? 0), share.allowance)
