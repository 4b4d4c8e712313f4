import type { Lane, WaitReason } from '@slipstream/contracts'
import type { ClockLead } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import type { QuotaReading } from '@slipstream/strava'
import { allowanceOf, leftOf } from './allowance.ts'
import { type AthleteBackoff, afterAthleteFailure, isOverWith, noBackoff } from './athlete-backoff.ts'
import { laneOpensAt, spreadOver } from './lane-budget.ts'
import { createLedgerStore, type LedgerStore, type LedgerStoreOptions, type LoadedLedger } from './ledger-store.ts'
import {
  decidePermit,
  decideRefresh,
  type LedgerState,
  type PermitRequest,
  type Refused,
  refusedByStop,
} from './permit.ts'
import { afterCall, type CalledOperation, noStops, type OpenStop, openStops, type Showing, stoppedBy } from './stops.ts'
import { learnLead, type StravaTime, seenLead, stravaTimeAt } from './strava-clock.ts'
import { type Transition, transitionsBetween } from './transitions.ts'
import { type Buckets, closeWindow, initialBuckets, isSpent, learn, nextOpening, rollWindows } from './windows.ts'

// All replicas share one document per Strava app. Each change reads it, decides in plain code, and writes only if
// `revision` is still the one read: no two permits are ever given for the same count. Stored times are Strava's; what
// goes in and out is on the clock of this process, translated by how long ago or ahead it is.

/** A permit is good for one call that leaves before `validUntil`: later, that call counts in a window it was not taken from. */
export type TakeResult =
  | { granted: true; validUntil: Date }
  /** `reason`: its share of the quota, Strava itself, or the whole app. `retryAt` is on the clock of this process. */
  | Refused

export interface QuotaStatus {
  buckets: Buckets
  /** Whether a limit of the app is used up, so that nobody may call before its reset. */
  isSpent: boolean
  /** Which calls are stopped, why and since when. */
  stops: OpenStop[]
  /** When a call of this lane may be made at the earliest; now, if it may be made now. */
  opensAt(lane: Lane): Date
}

/** What an athlete may still use of the present quarter hour. */
export interface AllowanceLeft {
  left: number
  /** The whole of it; more is never left. */
  allowance: number
  /** When the next quarter hour opens. */
  renewsAt: Date
}

/** What one call has shown. */
export interface CallReport {
  operation: CalledOperation
  shows: Showing
  /** Null for token calls that concern nobody who could wait. */
  athleteId: string | null
  lane: Lane
  reading: QuotaReading | null
  /** When it was sent. */
  sentAt: Date
  /** The call is over and has failed for this athlete, for no known reason: they wait, and longer each time. */
  hasFailedAthlete?: boolean
  /** Told before of an earlier attempt of the same call, which counts once. */
  isRepeat?: boolean
}

/** Why the next call of this kind has to wait, and until when. */
export interface Wait {
  reason: WaitReason
  until: Date
  /** Since when calls for this athlete alone have failed; null where it is not that. */
  failingSince: Date | null
}

export interface QuotaLedger {
  /**
   * Takes the permit for one call. Call it before each attempt: refused and failed calls count at Strava, too. While
   * calls are stopped, one is granted now and then as a probe, over all replicas.
   */
  take(request: PermitRequest): Promise<TakeResult>
  /** Whether a token may be refreshed now, which takes no quota. While refreshes are stopped, one now and then is a probe. */
  mayRefresh(athleteId: string): Promise<{ granted: true } | Refused>
  /** Due after every call, at once. Writes only what is new. Resolves to what the next call has to wait for, if it has to. */
  report(call: CallReport): Promise<Wait | null>
  read(): Promise<QuotaStatus>
  /** For a person who asks for a sync: whether their share would carry it. */
  allowanceOf(athleteId: string): Promise<AllowanceLeft>
}

/** So many others changed the document at the same time that this change found no turn. Nothing was taken. */
export class QuotaContendedError extends Error {
  override readonly name = 'QuotaContendedError'
  readonly code = 'quota_contended'
}

/** In each round one replica succeeds, so this is out of reach for any sensible number of them. */
const maxRounds = 100

/** One look at the ledger: what it holds, what time it is at Strava, and how the clock of this process translates to that. */
interface Moment extends Pick<LoadedLedger, 'revision' | 'athlete' | 'sharedNow'> {
  stored: LedgerState
  time: StravaTime
  /** When the look began and ended, on the clock of this process; `sharedNow` was true at some moment in between. */
  askedAt: Date
  answeredAt: Date
}

/** An answer that was heard just now, on the clock of this process. */
interface HeardAnswer {
  reading: QuotaReading | null
  sentAt: Date
  heardAt: Date
}

const shift = (date: Date, ms: number): Date => new Date(date.getTime() + ms)
const msBetween = (from: Date, to: Date): number => to.getTime() - from.getTime()

/** When the clock of this process will show that time: early rather than late, as no permit may be used past its end. */
const toLocal = ({ time, askedAt }: Moment, atStrava: Date): Date => shift(askedAt, msBetween(time.now, atStrava))

const toStrava = ({ time, answeredAt }: Moment, local: Date): Date => shift(time.now, msBetween(answeredAt, local))

/** What is known of Strava's clock after this answer. */
const leadAfter = (moment: Moment, { reading, sentAt, heardAt }: HeardAnswer): ClockLead | null => {
  const known = moment.stored.lead
  if (!reading?.stravaDate) return known
  // Translated so that the bounds hold whenever in the look the shared clock was read.
  const seen = seenLead({
    stravaDate: reading.stravaDate,
    sentAt: shift(moment.sharedNow, msBetween(moment.answeredAt, sentAt)),
    heardAt: shift(moment.sharedNow, msBetween(moment.askedAt, heardAt)),
  })
  return seen ? learnLead(known, seen) : known
}

const isSame = (one: LedgerState, other: LedgerState): boolean => JSON.stringify(one) === JSON.stringify(other)

export interface LedgerOptions {
  clock: Clock
  /** In [0, 1); spreads those who wait. */
  random?: () => number
  /** Told by the process whose change it was: once over all replicas. */
  onTransition?: (transition: Transition) => void
}

/** The ledger of one Strava app over a store. */
export const ledgerOver = (store: LedgerStore, options: LedgerOptions): QuotaLedger => {
  const { clock, random = Math.random, onTransition = () => {} } = options

  const look = async (athleteId: string | null = null): Promise<Moment> => {
    const askedAt = clock.now()
    const { state, revision, athlete, sharedNow } = await store.load(athleteId)
    const time = stravaTimeAt(sharedNow, state?.lead ?? null)
    const stored = state ?? { buckets: initialBuckets(time.now), stops: noStops, lead: null }
    return { stored, revision, athlete, sharedNow, time, askedAt, answeredAt: clock.now() }
  }

  /** False when another change came in between. */
  const save = async ({ stored, revision }: Moment, next: LedgerState): Promise<boolean> => {
    if (isSame(stored, next)) return true
    if (!(await store.save(revision, next))) return false
    for (const transition of transitionsBetween(stored, next)) onTransition(transition)
    return true
  }

  const inputOf = (moment: Moment) => ({
    state: moment.stored,
    athlete: moment.athlete,
    time: moment.time,
    random: random(),
  })
  const refused = (moment: Moment, decision: Refused): Refused => ({
    ...decision,
    retryAt: toLocal(moment, decision.retryAt),
  })

  /** One request over its rounds: what was counted for the athlete in one of them is not counted again in the next. */
  const taking = (request: PermitRequest) => {
    let isCounted = false
    /** Null when another change came in between. */
    return async (): Promise<TakeResult | null> => {
      const moment = await look(request.athleteId)
      const input = inputOf(moment)
      const athlete = isCounted && input.athlete ? { ...input.athlete, used: 0 } : input.athlete
      const decision = decidePermit({ ...input, athlete, request })
      if (!decision.granted) return refused(moment, decision)
      const { next, allowance, validUntil } = decision
      const { windowStart } = next.buckets.read15m
      // Both at once, to spare a round trip. Where only one succeeds, a call is counted that may never be made.
      const [countedNow, isSaved] = await Promise.all([
        isCounted || allowance === null || store.countFor(request.athleteId, { windowStart, allowance }),
        save(moment, next),
      ])
      isCounted ||= countedNow
      return countedNow && isSaved ? { granted: true, validUntil: toLocal(moment, validUntil) } : null
    }
  }

  const enteringRefresh = (athleteId: string) => async (): Promise<{ granted: true } | Refused | null> => {
    const moment = await look(athleteId)
    const decision = decideRefresh(inputOf(moment))
    if (!decision.granted) return refused(moment, decision)
    return (await save(moment, decision.next)) ? { granted: true } : null
  }

  // One change of this process at a time: callers queue here instead of racing each other in the database.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(attempt: () => Promise<Result | null>): Promise<Result> => {
    const untilDone = async () => {
      for (let round = 1; round <= maxRounds; round++) {
        const result = await attempt()
        if (result !== null) return result
      }
      throw new QuotaContendedError(`The quota changed ${maxRounds} times while it was being changed`)
    }
    const turn = last.then(untilDone)
    last = turn.catch(() => undefined)
    return turn
  }

  /** Null when another change came in between. */
  const hearing = (call: CallReport, heardAt: Date, isOnlyAthlete: boolean) => async () => {
    const moment = await look(call.athleteId)
    const { stored, time } = moment
    const takeOver = call.shows === 'rate_limited' ? closeWindow : learn
    const next: LedgerState = {
      buckets: takeOver(rollWindows(stored.buckets, time.now), call.reading, toStrava(moment, call.sentAt)),
      stops: afterCall(stored.stops, { ...call, isOnlyAthlete }, time.now),
      lead: leadAfter(moment, { reading: call.reading, sentAt: call.sentAt, heardAt }),
    }
    return (await save(moment, next)) ? { moment, next } : null
  }

  /**
   * The athlete's own trouble after a call. It grows also while calls are stopped for all: those who began that come ever
   * more rarely, and others can find out that it is over. An only athlete has nobody to make way for.
   */
  const noteAthlete = async (
    call: CallReport,
    { athlete, time }: Moment,
    isOfAll: boolean,
  ): Promise<AthleteBackoff> => {
    const before = athlete ?? noBackoff
    const { athleteId, operation } = call
    if (athleteId === null || operation === 'token' || operation === 'revoke') return noBackoff
    if (call.hasFailedAthlete && !isOfAll) {
      const after = afterAthleteFailure(before, operation, time.now, random())
      await store.noteBackoff(athleteId, after)
      return after
    }
    if (call.shows === 'works' && isOverWith(before, operation)) await store.noteBackoff(athleteId, noBackoff)
    return noBackoff
  }

  const waitAfter = async (
    call: CallReport,
    { moment, next }: { moment: Moment; next: LedgerState },
    isOnlyAthlete: boolean,
  ) => {
    const { time } = moment
    const wait = (reason: WaitReason, until: Date, failingSince: Date | null = null): Wait => ({
      reason,
      until: toLocal(moment, until),
      failingSince: failingSince && toLocal(moment, failingSince),
    })
    const operation = call.operation === 'token' || call.operation === 'revoke' ? null : call.operation
    const isStopped = operation !== null && stoppedBy(next.stops, operation, time.now) !== null
    const athlete = await noteAthlete(call, moment, isStopped && isOnlyAthlete)
    // Whoever finds out comes first, unless it is their own calls that fail: no spread.
    const stop = operation && refusedByStop({ state: next, athlete, time, random: 0 }, operation)
    if (stop) return wait(stop.reason, stop.retryAt)
    if (call.shows === 'rate_limited') {
      const opensAt = laneOpensAt(next.buckets, call.lane, time)
      return wait('quota', spreadOver(opensAt, call.lane, time, random()))
    }
    return athlete.retryAt && wait('strava', athlete.retryAt, athlete.failingSince)
  }

  return {
    take: (request) => inTurn(taking(request)),
    mayRefresh: (athleteId) => inTurn(enteringRefresh(athleteId)),
    report: async (call) => {
      const heardAt = clock.now()
      // Where one athlete is linked, its failures are those of all.
      const isOnlyAthlete = call.shows === 'nothing' && (await store.countAthletes()) <= 1
      return await waitAfter(call, await inTurn(hearing(call, heardAt, isOnlyAthlete)), isOnlyAthlete)
    },
    read: async () => {
      const moment = await look()
      const { time, stored } = moment
      const buckets = rollWindows(stored.buckets, time.now)
      return {
        buckets,
        isSpent: isSpent(buckets),
        stops: openStops(stored.stops),
        opensAt: (lane) => {
          const opening = laneOpensAt(buckets, lane, time)
          const stop = stoppedBy(stored.stops, 'activities', time.now)
          return toLocal(moment, stop && stop.until > opening ? stop.until : opening)
        },
      }
    },
    allowanceOf: async (athleteId) => {
      const moment = await look(athleteId)
      const buckets = rollWindows(moment.stored.buckets, moment.time.now)
      const allowance = allowanceOf(buckets, { isFirstImport: false })
      return {
        allowance,
        left: leftOf(allowance, moment.athlete, buckets),
        renewsAt: toLocal(moment, nextOpening(moment.time)),
      }
    },
  }
}

export const createQuotaLedger = (options: LedgerStoreOptions & LedgerOptions): QuotaLedger =>
  ledgerOver(createLedgerStore(options), options)
