// How often turns come: each lists all of an athlete's window, and so mirrors deletions, finds what webhooks missed and fetches
// anew what may be kept for a week only. They come as often as is set, and are stretched, for all athletes evenly, only as far
// as the quota demands that webhooks and people leave.

/** `hourly`: whatever it takes, so that nothing expires. `auto`: never so rarely that a deletion is not mirrored in time, however little is left. */
export const syncModes = ['auto', 'hourly'] as const
export type SyncMode = (typeof syncModes)[number]

export interface CadenceSettings {
  mode: SyncMode
  /** Wanted between two turns of an athlete. */
  intervalMs: number
  windowDays: number
}

export interface Demand {
  /** Who take turns. */
  athletes: number
  /** To Strava, on average. */
  callsPerTurn: number
  /** That turns may make. */
  callsPerDay: number
}

export interface Cadence {
  /** Between two turns of an athlete. */
  intervalMs: number
  isStretched: boolean
  windowDays: number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

/**
 * Deletions are to be mirrored within 48 hours, and data are kept for seven days: what is fetched anew in time does not expire
 * before its turn, which may have to wait for quota.
 * Source: Strava API Policy, 6.2 and 6.3.
 */
const longestMs: Record<SyncMode, number> = { auto: 40 * hourMs, hourly: 6 * dayMs }

/** The rest is for turns that had to wait: with all of it given to new ones they would wait for ever. */
const shareOfNewTurns = 0.95

const neededMs = ({ athletes, callsPerTurn, callsPerDay }: Demand): number =>
  callsPerDay > 0 ? (athletes * callsPerTurn * dayMs) / (callsPerDay * shareOfNewTurns) : Number.POSITIVE_INFINITY

/** In whole minutes. */
export const cadenceFor = ({ mode, intervalMs, windowDays }: CadenceSettings, demand: Demand): Cadence => {
  const carriedMs = Math.ceil(Math.min(neededMs(demand), longestMs[mode]) / minuteMs) * minuteMs
  return { intervalMs: Math.max(intervalMs, carriedMs), isStretched: carriedMs > intervalMs, windowDays }
}
