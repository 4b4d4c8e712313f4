import type { ClockLead } from '@slipstream/records'

// One time for all replicas. Strava's windows follow Strava's clock, and the clocks of replicas are each wrong in their
// own way. So all of them read one clock, MongoDB's, in the round trip that reads the ledger, and the ledger holds by how
// much Strava's clock is ahead of that one. The clock of a process measures nothing but how long ago something was.

/** The time at Strava, as well as it is known. `isProven`: an answer has told it. */
export interface StravaTime {
  now: Date
  isProven: boolean
}

/** An answer that took longer says too little about the time: its `Date` may be from any moment of the call. */
const slowestAnswerMs = 1_000

/**
 * What one answer says: its `Date` names a whole second, and Strava's clock showed that second at some moment between
 * sending and hearing, both on the shared clock. Null where that is too vague.
 */
export const seenLead = (answer: { stravaDate: Date; sentAt: Date; heardAt: Date }): ClockLead | null => {
  const stravaMs = answer.stravaDate.getTime()
  const [sentMs, heardMs] = [answer.sentAt.getTime(), answer.heardAt.getTime()]
  if (heardMs < sentMs || heardMs - sentMs > slowestAnswerMs) return null
  return { leastMs: stravaMs - heardMs, mostMs: stravaMs + 1_000 - sentMs }
}

/** Bounds that two answers agree on are the narrower ones; where they contradict, a clock was set and the new one holds. */
export const learnLead = (known: ClockLead | null, seen: ClockLead): ClockLead => {
  const leastMs = Math.max(known?.leastMs ?? seen.leastMs, seen.leastMs)
  const mostMs = Math.min(known?.mostMs ?? seen.mostMs, seen.mostMs)
  return leastMs <= mostMs ? { leastMs, mostMs } : seen
}

/** Of one answer alone this takes its `Date` as the middle of its second. Until a first answer the clocks are taken as one. */
export const stravaTimeAt = (sharedNow: Date, lead: ClockLead | null): StravaTime => ({
  now: new Date(sharedNow.getTime() + (lead ? Math.round((lead.leastMs + lead.mostMs) / 2) : 0)),
  isProven: lead !== null,
})
