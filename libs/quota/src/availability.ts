// Two things stop the calls of all replicas, whatever the quota allows. In both, one call now and then is let through
// as a probe; both can hold at once, and then probes are as rare as for an inactive app.
//
//   active ──── 403 Application/Status/Inactive ──> inactive ───── a call succeeds ──> active
//   available ── 5 failures in a row ─────────────> unavailable ── any answer ──────> available
//
// A failure is a 5xx, a time-out or a broken connection. Every other answer, a refusal too, shows that Strava is up.

export interface Availability {
  /** Since when Strava has the app switched off; null while it is on. */
  inactiveSince: Date | null
  /** Counted up to the number that makes Strava unavailable. */
  failuresInRow: number
  /** Since when Strava has not been answering; null while it does. */
  unavailableSince: Date | null
  /** Until then no call is made; null while all may be made. */
  nextProbeAt: Date | null
}

export const failuresUntilUnavailable = 5
const probeEveryMs = { inactive: 5 * 60_000, unavailable: 30_000 }

export const initialAvailability: Availability = {
  inactiveSince: null,
  failuresInRow: 0,
  unavailableSince: null,
  nextProbeAt: null,
}

/** When the next call may be made, where none may be made now. */
export const closedUntil = ({ nextProbeAt }: Availability, now: Date): Date | null =>
  nextProbeAt && nextProbeAt > now ? nextProbeAt : null

const probeAfter = ({ inactiveSince }: Availability, now: Date): Date =>
  new Date(now.getTime() + (inactiveSince ? probeEveryMs.inactive : probeEveryMs.unavailable))

/** A probe that is already planned is never pushed away: late news of a known trouble would postpone it for ever. */
const withProbePlanned = (state: Availability, now: Date): Availability => ({
  ...state,
  nextProbeAt: closedUntil(state, now) ?? probeAfter(state, now),
})

/** A call may leave. While calls are stopped this one is the probe, and the next is as far away again. */
export const afterPermit = (state: Availability, now: Date): Availability =>
  state.inactiveSince || state.unavailableSince ? { ...state, nextProbeAt: probeAfter(state, now) } : state

export const afterFailure = (state: Availability, now: Date): Availability => {
  const failuresInRow = Math.min(state.failuresInRow + 1, failuresUntilUnavailable)
  if (failuresInRow < failuresUntilUnavailable) return { ...state, failuresInRow }
  return withProbePlanned({ ...state, failuresInRow, unavailableSince: state.unavailableSince ?? now }, now)
}

/** An answer that is no failure. It does not show that an inactive app is active again. */
export const afterAnswer = ({ inactiveSince, nextProbeAt }: Availability): Availability => ({
  ...initialAvailability,
  inactiveSince,
  nextProbeAt: inactiveSince && nextProbeAt,
})

export const afterInactive = (state: Availability, now: Date): Availability =>
  withProbePlanned({ ...afterAnswer(state), inactiveSince: state.inactiveSince ?? now }, now)
