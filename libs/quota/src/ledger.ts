import type { Lane, WaitReason } from '@slipstream/contracts'
import type { ClockLead } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import { allowanceOf, leftOf } from './allowance.ts'
import {
  type Availability,
  afterAnswer,
  afterFailure,
  afterInactive,
  closedUntil,
  initialAvailability,
} from './availability.ts'
import { laneOpensAt } from './lane-budget.ts'
import { createLedgerStore, type LedgerStore, type LedgerStoreOptions, type LoadedLedger } from './ledger-store.ts'
import { decidePermit, type LedgerState, type PermitRequest } from './permit.ts'
import { learnLead, type StravaTime, seenLead, stravaTimeAt } from './strava-clock.ts'
import {
  type Buckets,
  closeWindow,
  initialBuckets,
  isSpent,
  learn,
  nextOpening,
  type QuotaReading,
  rollWindows,
} from './windows.ts'

// All replicas share one document per Strava app. Each change reads it, decides in plain code, and writes only if
// `revision` is still the one read: no two permits are ever given for the same count. Stored times are Strava's; what
// goes in and out is on the clock of this process, translated by how long ago or ahead it is.

/** A permit is good for one call that leaves before `validUntil`: later, that call counts in a window it was not taken from. */
export type TakeResult =
  | { granted: true; validUntil: Date }
  /** `reason`: its share of the quota, Strava itself, or the whole app. */
  | { granted: false; reason: WaitReason; retryAt: Date }

export interface QuotaStatus {
  buckets: Buckets
  /** Whether a limit of the app is used up, so that nobody may call before its reset. */
  isSpent: boolean
  /** Since when Strava has the whole app switched off (403 Application/Status/Inactive); null while it is on. */
  inactiveSince: Date | null
  /** Since when Strava has not been answering, as 5 calls in a row have shown; null while it answers. */
  unavailableSince: Date | null
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

/** After each call one of `succeeded`, `learn`, `close` and `failed` is due, at once. They write only what changes. */
export interface QuotaLedger {
  /**
   * Takes the permit for one call. Call it before each attempt: refused and failed calls count at Strava, too. While
   * the app is inactive or Strava does not answer, one call every 5 minutes or 30 seconds is granted, over all replicas.
   */
  take(request: PermitRequest): Promise<TakeResult>
  /** After a successful call: takes over its quota, and calls may go on. @param sentAt when it was sent; by default now */
  succeeded(reading: QuotaReading | null, sentAt?: Date): Promise<void>
  /** After an answer that refuses for a reason of its own, such as a 401. @param sentAt as for `succeeded` */
  learn(reading: QuotaReading | null, sentAt?: Date): Promise<void>
  /** After a 429: closes what is spent, for all. Resolves to when it opens again. @param sentAt as for `succeeded` */
  close(reading: QuotaReading | null, sentAt?: Date): Promise<Date>
  /**
   * After a 5xx, a time-out or a broken connection. Resolves to when Strava is asked next, once it counts as unavailable;
   * to null as long as calls may go on. @param sentAt as for `succeeded`
   */
  failed(reading: QuotaReading | null, sentAt?: Date): Promise<Date | null>
  /** After a 403 Application/Status/Inactive: no permit for anyone, but one every 5 minutes to see whether it ended. */
  markInactive(): Promise<void>
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
interface Moment extends Pick<LoadedLedger, 'revision' | 'usage' | 'sharedNow'> {
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

/** The ledger of one Strava app over a store; `random` in [0, 1) spreads those who wait. */
export const ledgerOver = (
  store: LedgerStore,
  { clock, random = Math.random }: { clock: Clock; random?: () => number },
): QuotaLedger => {
  const look = async (athleteId: string | null = null): Promise<Moment> => {
    const askedAt = clock.now()
    const { state, revision, usage, sharedNow } = await store.load(athleteId)
    const time = stravaTimeAt(sharedNow, state?.lead ?? null)
    const stored = state ?? { buckets: initialBuckets(time.now), availability: initialAvailability, lead: null }
    return { stored, revision, usage, sharedNow, time, askedAt, answeredAt: clock.now() }
  }

  /** One request over its rounds: what was counted for the athlete in one of them is not counted again in the next. */
  const taking = (request: PermitRequest) => {
    let isCounted = false
    /** Null when another change came in between. */
    return async (): Promise<TakeResult | null> => {
      const moment = await look(request.athleteId)
      const { time, stored } = moment
      const usage = isCounted ? null : moment.usage
      const decision = decidePermit({ state: stored, usage, request, time, random: random() })
      if (!decision.granted) return { ...decision, retryAt: toLocal(moment, decision.retryAt) }
      const { next, allowance, validUntil } = decision
      const { windowStart } = next.buckets.read15m
      // Both at once, to spare a round trip. Where only one succeeds, a call is counted that may never be made.
      const [countedNow, isSaved] = await Promise.all([
        isCounted || allowance === null || store.countFor(request.athleteId, { windowStart, allowance }),
        store.save(moment.revision, next),
      ])
      isCounted ||= countedNow
      return countedNow && isSaved ? { granted: true, validUntil: toLocal(moment, validUntil) } : null
    }
  }

  const changeOnce = async <Result>(decide: (moment: Moment) => { next: LedgerState; result: Result }) => {
    const moment = await look()
    const { next, result } = decide(moment)
    const isDone = isSame(moment.stored, next) || (await store.save(moment.revision, next))
    return isDone ? { result } : null
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

  /** Takes in what an answer says, and what it means for calls to come. */
  const hear = async (
    reading: QuotaReading | null,
    sentAt: Date | undefined,
    availabilityAfter: (availability: Availability, now: Date) => Availability,
    takeOver: typeof learn = learn,
  ): Promise<{ moment: Moment; next: LedgerState }> => {
    const heardAt = clock.now()
    const answer = { reading, sentAt: sentAt ?? heardAt, heardAt }
    const { result } = await inTurn(() =>
      changeOnce((moment) => {
        const { buckets, availability } = moment.stored
        const { now } = moment.time
        const next = {
          buckets: takeOver(rollWindows(buckets, now), reading, toStrava(moment, answer.sentAt)),
          availability: availabilityAfter(availability, now),
          lead: leadAfter(moment, answer),
        }
        return { next, result: { moment, next } }
      }),
    )
    return result
  }

  return {
    take: (request) => inTurn(taking(request)),
    succeeded: async (reading, sentAt) => {
      await hear(reading, sentAt, () => initialAvailability)
    },
    learn: async (reading, sentAt) => {
      await hear(reading, sentAt, afterAnswer)
    },
    close: async (reading, sentAt) => {
      const { moment, next } = await hear(reading, sentAt, afterAnswer, closeWindow)
      return toLocal(moment, laneOpensAt(next.buckets, 'interactive', moment.time))
    },
    failed: async (reading, sentAt) => {
      const { moment, next } = await hear(reading, sentAt, afterFailure)
      const { unavailableSince, nextProbeAt } = next.availability
      return unavailableSince && nextProbeAt && toLocal(moment, nextProbeAt)
    },
    markInactive: async () => {
      await hear(null, undefined, afterInactive)
    },
    read: async () => {
      const moment = await look()
      const { time, stored } = moment
      const { availability } = stored
      const buckets = rollWindows(stored.buckets, time.now)
      return {
        buckets,
        isSpent: isSpent(buckets),
        inactiveSince: availability.inactiveSince,
        unavailableSince: availability.unavailableSince,
        opensAt: (lane) => {
          const opening = laneOpensAt(buckets, lane, time)
          const probeAt = closedUntil(availability, time.now)
          return toLocal(moment, probeAt && probeAt > opening ? probeAt : opening)
        },
      }
    },
    allowanceOf: async (athleteId) => {
      const moment = await look(athleteId)
      const buckets = rollWindows(moment.stored.buckets, moment.time.now)
      const allowance = allowanceOf(buckets, { isFirstImport: false })
      return {
        allowance,
        left: leftOf(allowance, moment.usage, buckets),
        renewsAt: toLocal(moment, nextOpening(moment.time)),
      }
    },
  }
}

export const createQuotaLedger = (options: LedgerStoreOptions & { clock: Clock; random?: () => number }): QuotaLedger =>
  ledgerOver(createLedgerStore(options), options)
