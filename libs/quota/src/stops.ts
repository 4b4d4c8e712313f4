import type { WaitReason } from '@slipstream/contracts'
import {
  type Operation,
  type StopName,
  type StopRow,
  type StopRows,
  type StopTrouble,
  stopNames,
} from '@slipstream/records'
import { type Backoff, backoffMs, backoffUntil } from '@slipstream/runtime'
import type { StravaEndpoint } from '@slipstream/strava'

// What stops calls of all replicas, whatever the quota allows. Each kind of call is stopped for itself, so that a token
// that could be refreshed says nothing about listing; only an app that is switched off stops everything.
//
//   going on ── 5 failures in a row, of at least two athletes or of the only one ──> stopped, `unanswered`
//   going on ── 403 inactive, wrong credentials, endpoint closed: once ───────────> stopped, that trouble
//   stopped  ── a probe, or somebody else, learns that it is over ────────────────> going on
//
// A failure is a call that tells nothing of use: 5xx, time-out, broken connection, an answer nobody can read. While calls
// are stopped one is let through now and then, ever more rarely, so that an outage costs a handful of calls in all.

/** All that the ledger is told of: the subscription is no call for an athlete. */
export type CalledOperation = Exclude<StravaEndpoint, 'subscription'>
/** Calls inside the quota. */
export type ApiOperation = Exclude<Operation, 'refresh'>

/**
 * What one call shows. `works`: a success. `answers`: a refusal that concerns the athlete alone, so Strava is up.
 * `nothing`: a failure as above. The others name what is wrong with the whole app.
 */
export type Showing = 'works' | 'answers' | 'rate_limited' | 'inactive' | 'credentials' | 'endpoint' | 'nothing'

export const noStops: StopRows = { app: null, activities: null, activity: null, athlete: null, refresh: null }

const failuresUntilStop = 5
const athletesUntilStop = 2

const probePauses: Record<StopTrouble, Backoff> = {
  unanswered: { firstMs: 30_000, longestMs: 15 * 60_000 },
  inactive: { firstMs: 5 * 60_000, longestMs: 30 * 60_000 },
  credentials: { firstMs: 5 * 60_000, longestMs: 30 * 60_000 },
  endpoint: { firstMs: 5 * 60_000, longestMs: 30 * 60_000 },
}

/** So long after the last probe a code exchange or revocation that works lets the next one through. */
const broughtForwardAfterMs = 60_000

const probeAfter = ({ trouble, probes }: Pick<StopRow, 'trouble' | 'probes'>, now: Date): Date =>
  backoffUntil(now, probePauses[trouble], probes + 1)

export const reasonOf = (trouble: StopTrouble): WaitReason => (trouble === 'unanswered' ? 'strava' : 'app')

const stopsFor = (operation: Operation): StopName[] => ['app', operation]

/**
 * What keeps this call from being made now, and until when; where two stops do, the one that lasts longer.
 * @param behindMs so much later than others this call may be the probe
 */
export const stoppedBy = (
  stops: StopRows,
  operation: Operation,
  now: Date,
  behindMs = 0,
): { reason: WaitReason; until: Date } | null => {
  const [longest] = stopsFor(operation)
    .flatMap((name) => {
      const stop = stops[name]
      if (!stop?.nextProbeAt) return []
      return [{ reason: reasonOf(stop.trouble), until: new Date(stop.nextProbeAt.getTime() + behindMs) }]
    })
    .filter(({ until }) => until > now)
    .toSorted((one, other) => other.until.getTime() - one.until.getTime())
  return longest ?? null
}

/** The call may leave. While calls are stopped it is the probe, and the next one is twice as far away. */
export const afterPermit = (stops: StopRows, operation: Operation, now: Date): StopRows => {
  const next = { ...stops }
  for (const name of stopsFor(operation)) {
    const stop = stops[name]
    if (!stop?.since) continue
    const probes = stop.probes + 1
    next[name] = { ...stop, probes, nextProbeAt: probeAfter({ trouble: stop.trouble, probes }, now) }
  }
  return next
}

/** Late news of a known trouble changes nothing: probes that are planned would be put off for ever. */
const stopped = (stop: StopRow | null, trouble: StopTrouble, now: Date): StopRow => {
  if (stop?.since && stop.trouble === trouble) return stop
  const fresh = { trouble, failures: stop?.failures ?? 0, failedFor: stop?.failedFor ?? [], since: now, probes: 0 }
  return { ...fresh, nextProbeAt: probeAfter(fresh, now) }
}

const afterNothing = (stop: StopRow | null, call: Call, now: Date): StopRow => {
  if (stop?.since) return stop
  const failures = Math.min((stop?.failures ?? 0) + 1, failuresUntilStop)
  const failedFor = [
    ...new Set([...(stop?.failedFor ?? []), ...(call.athleteId === null ? [] : [call.athleteId])]),
  ].slice(0, athletesUntilStop)
  const counted: StopRow = { trouble: 'unanswered', failures, failedFor, since: null, probes: 0, nextProbeAt: null }
  const isEnough = failedFor.length >= athletesUntilStop || call.isOnlyAthlete
  return failures >= failuresUntilStop && isEnough ? stopped(counted, 'unanswered', now) : counted
}

interface Call {
  operation: CalledOperation
  shows: Showing
  athleteId: string | null
  /** Nobody else is linked, so five failures of one athlete are five of all there are. */
  isOnlyAthlete: boolean
  /** An earlier attempt of the same call has failed and is counted: the call is one failure, however often it is tried. */
  isRepeat?: boolean
}

/** Token calls share the app's credentials; of the other troubles only a refresh may stop a refresh. Nothing stops the others: a person waits. */
const stopOf = (operation: CalledOperation): Operation =>
  operation === 'token' || operation === 'revoke' ? 'refresh' : operation

/** When the last probe was let through, by the plan it has left behind; null before the first. */
const lastProbeAt = ({ trouble, probes, nextProbeAt }: StopRow): Date | null =>
  probes === 0 || !nextProbeAt ? null : new Date(nextProbeAt.getTime() - backoffMs(probePauses[trouble], probes + 1))

/**
 * Token calls may work for an app whose API calls are refused, so one that works ends nothing. But the app may be on again:
 * the next probe is due at once. A refresh was a probe itself and leaves its turn to the list; the others, which nothing holds
 * back, bring one forward a minute at most.
 */
const appAfterSuccess = (app: StopRow | null, operation: CalledOperation, now: Date): StopRow | null => {
  if (operation !== 'token' && operation !== 'revoke' && operation !== 'refresh') return null
  if (!app?.nextProbeAt || app.nextProbeAt <= now) return app
  const last = operation === 'refresh' ? null : lastProbeAt(app)
  return last && now.getTime() - last.getTime() < broughtForwardAfterMs ? app : { ...app, nextProbeAt: now }
}

/** What is known after a call. */
export const afterCall = (stops: StopRows, call: Call, now: Date): StopRows => {
  const { operation, shows } = call
  const own = stopOf(operation)
  const isOwn = own === operation
  const trouble = stops[own]?.trouble
  /** Any answer shows that Strava is up, and no more: who is sent away unheard has not had credentials or call judged. */
  const answered = isOwn && trouble === 'unanswered' ? { ...stops, [own]: null } : stops
  /** An answer that was judged: what was wrong with this call alone is over, and the credentials are good. */
  const judged = isOwn || trouble === 'credentials' ? { ...stops, [own]: null } : stops
  switch (shows) {
    case 'works':
      return { ...judged, app: appAfterSuccess(stops.app, operation, now) }
    case 'answers':
      return judged
    case 'rate_limited':
      return answered
    case 'inactive':
      return { ...answered, app: stopped(stops.app, 'inactive', now) }
    case 'credentials':
      return { ...stops, refresh: stopped(stops.refresh, 'credentials', now) }
    case 'endpoint':
      return isOwn ? { ...stops, [own]: stopped(stops[own], 'endpoint', now) } : stops
    case 'nothing':
      return isOwn && !call.isRepeat ? { ...stops, [own]: afterNothing(stops[own], call, now) } : stops
  }
}

export interface OpenStop {
  name: StopName
  trouble: StopTrouble
  since: Date
}

export const openStops = (stops: StopRows): OpenStop[] =>
  stopNames.flatMap((name) => {
    const stop = stops[name]
    return stop?.since ? [{ name, trouble: stop.trouble, since: stop.since }] : []
  })
