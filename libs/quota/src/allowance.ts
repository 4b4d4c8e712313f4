import type { Lane } from '@slipstream/contracts'
import type { AllowanceRow } from '@slipstream/records'
import type { Buckets } from './windows.ts'

// One athlete cannot use up what all share: whatever asks on their behalf, and in whatever loop, takes an allowance of
// each quarter hour and no more. Backfill is exempt: its lane is the bound, and history of one athlete is long.

const leastCalls = 10
const shareOfReads = 8

/** An eighth of the quarter hour's reads, at least 10 calls; twice that for a first import. */
export const allowanceOf = (buckets: Buckets, { isFirstImport }: { isFirstImport: boolean }): number =>
  Math.max(leastCalls, Math.floor(buckets.read15m.limit / shareOfReads)) * (isFirstImport ? 2 : 1)

export const isExempt = (lane: Lane): boolean => lane === 'backfill'

/** What is left of an allowance in the present quarter hour of `buckets`. */
export const leftOf = (
  allowance: number,
  usage: Pick<AllowanceRow, 'windowStart' | 'used'> | null,
  { read15m }: Buckets,
): number => (usage && usage.windowStart >= read15m.windowStart ? Math.max(0, allowance - usage.used) : allowance)
