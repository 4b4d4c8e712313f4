import type { Lane } from '@slipstream/contracts'
import { isDuplicateKey, type QuotaDocument, type WritableCollection } from '@slipstream/persistence'
import type { Clock } from '@slipstream/runtime'
import {
  type Buckets,
  bucketNames,
  closeWindow,
  decideTake,
  earliestOpening,
  initialBuckets,
  learn,
  type QuotaReading,
  rollWindows,
} from './windows.ts'

// All replicas share one document per Strava app. Each change reads it, decides in plain code, and writes only if
// `revision` is still the one read: no two permits are ever given for the same count.

export type TakeResult = { granted: true } | { granted: false; retryAt: Date }

export interface QuotaStatus {
  buckets: Buckets
  /** Since when Strava has the whole app switched off (403 Application/Status/Inactive); null while it is on. */
  inactiveSince: Date | null
  /** When a call of this lane may be made at the earliest; now, if it may be made now. */
  opensAt(lane: Lane): Date
}

export interface QuotaLedger {
  /** Takes the permit for one call. Call it before each attempt: refused and failed calls count at Strava, too. */
  take(lane: Lane): Promise<TakeResult>
  /** Takes over what an answer says. @param sentAt when the call was sent; by default now */
  learn(reading: QuotaReading | null, sentAt?: Date): Promise<void>
  /** After a 429: closes what is spent, for all. Resolves to when it opens again. @param sentAt as for `learn` */
  close(reading: QuotaReading | null, sentAt?: Date): Promise<Date>
  /** After a 403 Application/Status/Inactive: no permit for anyone, but one every 5 minutes to see whether it ended. */
  markInactive(): Promise<void>
  /** After a successful call. Writes only if the app was marked inactive. */
  markActive(): Promise<void>
  read(): Promise<QuotaStatus>
}

/** So many others changed the document at the same time that this change found no turn. Nothing was taken. */
export class QuotaContendedError extends Error {
  override readonly name = 'QuotaContendedError'
  readonly code = 'quota_contended'
}

type State = Pick<QuotaDocument, 'inactiveSince' | 'nextProbeAt'> & { buckets: Buckets }

const probeEveryMs = 5 * 60_000
/** In each round one replica succeeds, so this is out of reach for any sensible number of them. */
const maxRounds = 100

const stateOf = (document: QuotaDocument): State => ({
  buckets: {
    overall15m: document.overall15m,
    overallDay: document.overallDay,
    read15m: document.read15m,
    readDay: document.readDay,
  },
  inactiveSince: document.inactiveSince,
  nextProbeAt: document.nextProbeAt,
})

const isSame = (one: State, other: State): boolean =>
  one.inactiveSince?.getTime() === other.inactiveSince?.getTime() &&
  one.nextProbeAt?.getTime() === other.nextProbeAt?.getTime() &&
  bucketNames.every(
    (name) =>
      one.buckets[name].limit === other.buckets[name].limit &&
      one.buckets[name].used === other.buckets[name].used &&
      one.buckets[name].windowStart.getTime() === other.buckets[name].windowStart.getTime(),
  )

const initialState = (now: Date): State => ({ buckets: initialBuckets(now), inactiveSince: null, nextProbeAt: null })

/** While the app is inactive, one call every 5 minutes is let through; the first that succeeds ends it. */
const decidePermit = (state: State, lane: Lane, now: Date): { next: State; result: TakeResult } => {
  if (state.nextProbeAt && state.nextProbeAt > now) {
    return { next: state, result: { granted: false, retryAt: state.nextProbeAt } }
  }
  const decision = decideTake(state.buckets, lane, now)
  if (!decision.granted) return { next: state, result: { granted: false, retryAt: decision.retryAt } }
  const nextProbeAt = state.inactiveSince && new Date(now.getTime() + probeEveryMs)
  return { next: { ...state, buckets: decision.buckets, nextProbeAt }, result: { granted: true } }
}

export const createQuotaLedger = (options: {
  quota: WritableCollection<'quota'>
  clientId: string
  clock: Clock
}): QuotaLedger => {
  const { quota, clientId, clock } = options

  const find = (): Promise<QuotaDocument | null> => quota.findOne({ _id: clientId }).lean<QuotaDocument>().exec()

  /** False when another has written since `document` was read. */
  const write = async (document: QuotaDocument | null, { buckets, inactiveSince, nextProbeAt }: State) => {
    const revision = document?.revision ?? 0
    const fields = { ...buckets, inactiveSince, nextProbeAt, revision: revision + 1 }
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
    learn: (reading, sentAt = clock.now()) =>
      inTurn((state) => ({ next: { ...state, buckets: learn(state.buckets, reading, sentAt) }, result: undefined })),
    close: (reading, sentAt = clock.now()) =>
      inTurn((state) => {
        const buckets = closeWindow(state.buckets, reading, sentAt)
        return { next: { ...state, buckets }, result: earliestOpening(buckets, 'interactive', clock.now()) }
      }),
    markInactive: () =>
      inTurn((state) => {
        const now = clock.now()
        const nextProbeAt = new Date(now.getTime() + probeEveryMs)
        return { next: { ...state, inactiveSince: state.inactiveSince ?? now, nextProbeAt }, result: undefined }
      }),
    markActive: () =>
      inTurn((state) => ({ next: { ...state, inactiveSince: null, nextProbeAt: null }, result: undefined })),
    read: async () => {
      const now = clock.now()
      const document = await find()
      const { buckets, inactiveSince, nextProbeAt } = document ? stateOf(document) : initialState(now)
      return {
        buckets: rollWindows(buckets, now),
        inactiveSince,
        opensAt: (lane) => {
          const opening = earliestOpening(buckets, lane, now)
          return nextProbeAt && nextProbeAt > opening ? nextProbeAt : opening
        },
      }
    },
  }
}
