/** A quarter-hour and a UTC-day number, as Strava writes them: `"400,4000"`. */
interface WindowPair {
  readonly quarterHour: number
  readonly day: number
}

export interface QuotaLimits {
  readonly overall: WindowPair
  readonly read: WindowPair
}

export interface QuotaUsage {
  /** Epoch milliseconds at which each window began. */
  readonly quarterStart: number
  readonly dayStart: number
  readonly overall: WindowPair
  readonly read: WindowPair
}

const quarterMs = 15 * 60_000
const dayMs = 86_400_000

export const noUsage: QuotaUsage = {
  quarterStart: 0,
  dayStart: 0,
  overall: { quarterHour: 0, day: 0 },
  read: { quarterHour: 0, day: 0 },
}

/** Windows begin at :00 :15 :30 :45 and at 00:00 UTC; what was used in an earlier one is forgotten. */
export const currentUsage = (usage: QuotaUsage, now: Date): QuotaUsage => {
  const quarterStart = Math.floor(now.getTime() / quarterMs) * quarterMs
  const dayStart = Math.floor(now.getTime() / dayMs) * dayMs
  const roll = (pair: WindowPair): WindowPair => ({
    quarterHour: quarterStart === usage.quarterStart ? pair.quarterHour : 0,
    day: dayStart === usage.dayStart ? pair.day : 0,
  })
  return { quarterStart, dayStart, overall: roll(usage.overall), read: roll(usage.read) }
}

const exceeds = (used: WindowPair, limit: WindowPair): boolean =>
  used.quarterHour > limit.quarterHour || used.day > limit.day

/**
 * Counts one call and says which bucket, if any, refuses it. A refused call counts too: that is what keeps an
 * application that goes on calling dark until midnight. Every simulated endpoint falls in the read bucket.
 */
export const countCall = (
  usage: QuotaUsage,
  limits: QuotaLimits,
  now: Date,
): { readonly usage: QuotaUsage; readonly refusedBy: 'overall' | 'read' | null } => {
  const current = currentUsage(usage, now)
  const add = (pair: WindowPair): WindowPair => ({ quarterHour: pair.quarterHour + 1, day: pair.day + 1 })
  const counted = { ...current, overall: add(current.overall), read: add(current.read) }
  if (exceeds(counted.overall, limits.overall)) return { usage: counted, refusedBy: 'overall' }
  if (exceeds(counted.read, limits.read)) return { usage: counted, refusedBy: 'read' }
  return { usage: counted, refusedBy: null }
}

/** What reached Strava in one quarter hour: how close to the limits, and how far over. */
export interface QuarterHour {
  readonly startedAt: string
  /** Refused ones too. */
  readonly calls: number
  /** How many of them a spent quarter hour or a spent day refused. */
  readonly overLimit: number
}

/** 30 days of quarter hours. */
const keptQuarterHours = 2880

/** The quarter hours with one call more; they need not come in order, since the clock can be moved. */
export const withCounted = (
  quarterHours: readonly QuarterHour[],
  { at, isOverLimit }: { readonly at: Date; readonly isOverLimit: boolean },
): readonly QuarterHour[] => {
  const startedAt = new Date(Math.floor(at.getTime() / quarterMs) * quarterMs).toISOString()
  const { calls, overLimit } = quarterHours.find((each) => each.startedAt === startedAt) ?? { calls: 0, overLimit: 0 }
  return [
    ...quarterHours.filter((each) => each.startedAt !== startedAt),
    { startedAt, calls: calls + 1, overLimit: overLimit + (isOverLimit ? 1 : 0) },
  ].slice(-keptQuarterHours)
}

type RateHeaderMode = 'normal' | 'missing' | 'empty' | 'mixed_case'

const pairText = (pair: WindowPair): string => `${pair.quarterHour},${pair.day}`

const recase = (name: string, turn: number): string =>
  turn % 3 === 0 ? name.toLowerCase() : turn % 3 === 1 ? name.replace('RateLimit', 'Ratelimit') : name

/**
 * The four headers. `empty` sends the literal `","` that real answers have carried; `mixed_case` changes the casing
 * from call to call, which real answers do as well.
 */
export const rateHeaders = (
  usage: QuotaUsage,
  limits: QuotaLimits,
  mode: RateHeaderMode,
): Readonly<Record<string, string>> => {
  if (mode === 'missing') return {}
  const values: Record<string, string> = {
    'X-RateLimit-Limit': pairText(limits.overall),
    'X-RateLimit-Usage': pairText(usage.overall),
    'X-ReadRateLimit-Limit': pairText(limits.read),
    'X-ReadRateLimit-Usage': pairText(usage.read),
  }
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      mode === 'mixed_case' ? recase(name, usage.overall.day) : name,
      mode === 'empty' ? ',' : value,
    ]),
  )
}
