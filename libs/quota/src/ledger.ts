import type { Lane } from '@slipstream/contracts'
import { isDuplicateKey, type WritableCollection } from '@slipstream/persistence'
import type { QuotaRow } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import {
  type Availability,
  afterAnswer,
  afterFailure,
  afterInactive,
  afterPermit,
  closedUntil,
  initialAvailability,
} from './availability.ts'
import {
  type Buckets,
  bucketNames,
  closeWindow,
  decideTake,
  earliestOpening,
  initialBuckets,
  learn,
  nextReset,
  type QuotaReading,
  rollWindows,
} from './windows.ts'

// All replicas share one document per Strava app. Each change reads it, decides in plain code, and writes only if
// `revision` is still the one read: no two permits are ever given for the same count.

/** A permit is good for one call that leaves before `validUntil`: later, that call counts in a window it was not taken from. */
export type TakeResult = { granted: true; validUntil: Date } | { granted: false; retryAt: Date }

export interface QuotaStatus {
  buckets: Buckets
  /** Since when Strava has the whole app switched off (403 Application/Status/Inactive); null while it is on. */
  inactiveSince: Date | null
  /** Since when Strava has not been answering, as 5 calls in a row have shown; null while it answers. */
  unavailableSince: Date | null
  /** When a call of this lane may be made at the earliest; now, if it may be made now. */
  opensAt(lane: Lane): Date
}

/** After each call one of `succeeded`, `learn`, `close` and `failed` is due. They write only what changes. */
export interface QuotaLedger {
  /**
   * Takes the permit for one call. Call it before each attempt: refused and failed calls count at Strava, too. While
   * the app is inactive or Strava does not answer, one call every 5 minutes or 30 seconds is granted, over all replicas.
   */
  take(lane: Lane): Promise<TakeResult>
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
}

/** So many others changed the document at the same time that this change found no turn. Nothing was taken. */
export class QuotaContendedError extends Error {
  override readonly name = 'QuotaContendedError'
  readonly code = 'quota_contended'
}

interface State {
  buckets: Buckets
  availability: Availability
}

/** In each round one replica succeeds, so this is out of reach for any sensible number of them. */
const maxRounds = 100

const stateOf = (document: QuotaRow): State => ({
  buckets: {
    overall15m: document.overall15m,
    overallDay: document.overallDay,
    read15m: document.read15m,
    readDay: document.readDay,
  },
  availability: {
    inactiveSince: document.inactiveSince,
    failuresInRow: document.failuresInRow,
    unavailableSince: document.unavailableSince,
    nextProbeAt: document.nextProbeAt,
  },
})

const isSame = (one: State, other: State): boolean =>
  one.availability.failuresInRow === other.availability.failuresInRow &&
  (['inactiveSince', 'unavailableSince', 'nextProbeAt'] as const).every(
    (name) => one.availability[name]?.getTime() === other.availability[name]?.getTime(),
  ) &&
  bucketNames.every(
    (name) =>
      one.buckets[name].limit === other.buckets[name].limit &&
      one.buckets[name].used === other.buckets[name].used &&
      one.buckets[name].windowStart.getTime() === other.buckets[name].windowStart.getTime(),
  )

const initialState = (now: Date): State => ({ buckets: initialBuckets(now), availability: initialAvailability })

const decidePermit = (state: State, lane: Lane, now: Date): { next: State; result: TakeResult } => {
  const probeAt = closedUntil(state.availability, now)
  if (probeAt) return { next: state, result: { granted: false, retryAt: probeAt } }
  const decision = decideTake(state.buckets, lane, now)
  if (!decision.granted) return { next: state, result: { granted: false, retryAt: decision.retryAt } }
  return {
    next: { buckets: decision.buckets, availability: afterPermit(state.availability, now) },
    result: { granted: true, validUntil: nextReset(decision.buckets) },
  }
}

export const createQuotaLedger = (options: {
  quota: WritableCollection<'quota'>
  clientId: string
  clock: Clock
}): QuotaLedger => {
  const { quota, clientId, clock } = options

  const find = (): Promise<QuotaRow | null> => quota.findOne({ _id: clientId }).lean<QuotaRow>().exec()

  /** False when another has written since `document` was read. */
  const write = async (document: QuotaRow | null, { buckets, availability }: State) => {
    const revision = document?.revision ?? 0
    const fields = { ...buckets, ...availability, revision: revision + 1 }
    try {
      if (!document) await quota.create({ _id: clientId, ...fields })
      else return (await quota.updateOne({ _id: clientId, revision }, { $set: fields })).matchedCount === 1
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }

  const change = async <Result>(decide: (state: State) => { next: State; result: Result }): Promise<Result> => {
    for (let round = 1; round <= maxRounds; round++) {
      const document = await find()
      const state = document ? stateOf(document) : initialState(clock.now())
      const { next, result } = decide(state)
      if (isSame(state, next) || (await write(document, next))) return result
    }
    throw new QuotaContendedError(`The quota of app ${clientId} changed ${maxRounds} times while it was being changed`)
  }

  // One change of this process at a time: callers queue here instead of racing each other in the database.
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <Result>(decide: (state: State) => { next: State; result: Result }): Promise<Result> => {
    const turn = last.then(() => change(decide))
    last = turn.catch(() => undefined)
    return turn
  }

  return {
    take: (lane) => inTurn((state) => decidePermit(state, lane, clock.now())),
    succeeded: (reading, sentAt = clock.now()) =>
      inTurn(({ buckets }) => ({
        next: { buckets: learn(buckets, reading, sentAt), availability: initialAvailability },
        result: undefined,
      })),
    learn: (reading, sentAt = clock.now()) =>
      inTurn(({ buckets, availability }) => ({
        next: { buckets: learn(buckets, reading, sentAt), availability: afterAnswer(availability) },
        result: undefined,
      })),
    close: (reading, sentAt = clock.now()) =>
      inTurn((state) => {
        const buckets = closeWindow(state.buckets, reading, sentAt)
        return {
          next: { buckets, availability: afterAnswer(state.availability) },
          result: earliestOpening(buckets, 'interactive', clock.now()),
        }
      }),
    failed: (reading, sentAt = clock.now()) =>
      inTurn((state) => {
        const availability = afterFailure(state.availability, clock.now())
        return {
          next: { buckets: learn(state.buckets, reading, sentAt), availability },
          result: availability.unavailableSince && availability.nextProbeAt,
        }
      }),
    markInactive: () =>
      inTurn(({ buckets, availability }) => ({
        next: { buckets, availability: afterInactive(availability, clock.now()) },
        result: undefined,
      })),
    read: async () => {
      const now = clock.now()
      const document = await find()
      const { buckets, availability } = document ? stateOf(document) : initialState(now)
      return {
        buckets: rollWindows(buckets, now),
        inactiveSince: availability.inactiveSince,
        unavailableSince: availability.unavailableSince,
        opensAt: (lane) => {
          const opening = earliestOpening(buckets, lane, now)
          const probeAt = closedUntil(availability, now)
          return probeAt && probeAt > opening ? probeAt : opening
        },
      }
    },
  }
}
