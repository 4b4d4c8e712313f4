import type { Lane } from '@slipstream/contracts'
import type { ApiOperation, QuotaLedger, Wait } from '@slipstream/quota'
import type { Clock, Secret } from '@slipstream/runtime'
import { type FailureKind, type QuotaReading, type StravaCallOptions, StravaError } from '@slipstream/strava'
import { SpanKind, withSpan } from '@slipstream/telemetry'
import { HeldBackError, outcomeOf, type RefusedForADay, type Waiting } from './held-back.ts'
import { showingOf, type Trouble, troubleTable } from './trouble-table.ts'

/** For whom a call is made. */
export interface CallRequest {
  athleteId: string
  lane: Lane
  /** The first list of a new link, which may take more of the quota than later ones. */
  isFirstImport?: boolean
  signal?: AbortSignal
  /** Called before every HTTP attempt. */
  onCall?: () => void
}

export interface OneCall<Answer> extends CallRequest {
  operation: ApiOperation
  accessToken: Secret
  /** With a fresh token, after Strava refused one: refused again, it is no longer a matter of the token. */
  isTokenFresh?: boolean
  send: (options: StravaCallOptions) => Promise<Answer>
}

export type CallOutcome<Answer> =
  | { kind: 'answered'; answer: Answer }
  /** Strava refuses this athlete for a reason it names. */
  | { kind: 'refused'; failure: FailureKind; trouble: Trouble; isExplained: boolean }
  | Waiting
  | RefusedForADay

/** Whether what fails is the athlete's: it then holds back all calls for them. One activity that cannot be had says nothing of their list. */
const isOfAthlete: Record<ApiOperation, boolean> = { activities: true, athlete: true, activity: false }

/** A stall between permit and call can outlast the permit; one that does so every time is no stall. */
const maxPermits = 3

/** One call to the API: a permit for each attempt, and word to the ledger of what each has shown. Of a failure it says what to wait for. */
export const createCountedCall = ({
  ledger,
  clock,
  onReportFailed,
}: {
  ledger: Pick<QuotaLedger, 'take' | 'report'>
  clock: Clock
  /** The ledger was not told of a call that worked; the next one tells the same. */
  onReportFailed: (error: unknown) => void
}) => {
  const takePermit = async ({ operation, lane, athleteId, isFirstImport = false }: OneCall<unknown>): Promise<void> => {
    for (let taken = 1; taken <= maxPermits; taken++) {
      const permit = await ledger.take({ operation, lane, athleteId, isFirstImport })
      if (!permit.granted) throw new HeldBackError({ reason: permit.reason, until: permit.retryAt, failingSince: null })
      if (permit.validUntil > clock.now()) return
    }
    throw new HeldBackError({ reason: 'quota', until: clock.now(), failingSince: null })
  }

  return async <Answer extends { quota: QuotaReading | null }>(call: OneCall<Answer>): Promise<CallOutcome<Answer>> => {
    const { operation, athleteId, lane, signal, onCall = () => {} } = call
    const about = { operation, athleteId, lane }
    let sentAt: Date | null = null
    let isRepeat = false
    /** Of the attempt before, which failed in passing; those of one call are one failure. */
    const reportAttempt = async (hasFailedAthlete: boolean): Promise<Wait | null> => {
      if (!sentAt) return null
      const wait = await ledger.report({
        ...{ ...about, shows: 'nothing', reading: null, sentAt },
        ...{ isRepeat, hasFailedAthlete: hasFailedAthlete && isOfAthlete[operation] },
      })
      isRepeat = true
      return wait
    }
    const beforeAttempt = async () => {
      await reportAttempt(false)
      await takePermit(call)
      sentAt = clock.now()
      onCall()
    }
    try {
      const options = { accessToken: call.accessToken, beforeAttempt, ...(signal && { signal }) }
      const answer = await withSpan(`strava ${operation}`, { kind: SpanKind.CLIENT }, () => call.send(options))
      // Not waited for: the call was counted before it was made, and of this process the next permit is given after it.
      void ledger
        .report({ ...about, shows: 'works', reading: answer.quota, sentAt: sentAt ?? clock.now() })
        .catch(onReportFailed)
      return { kind: 'answered', answer }
    } catch (error) {
      if (error instanceof HeldBackError) {
        // With an attempt before that failed, so has the call.
        const own = await reportAttempt(true)
        return outcomeOf(own && own.until > error.wait.until ? own : error.wait, clock.now())
      }
      if (!(error instanceof StravaError)) throw error
      const trouble = troubleTable[error.kind]
      const isUnexplained =
        trouble.whose === 'unknown' || (error.kind === 'access_token_dead' && call.isTokenFresh === true)
      const wait = await ledger.report({
        ...about,
        shows: showingOf(trouble),
        reading: error.quota,
        sentAt: sentAt ?? clock.now(),
        hasFailedAthlete: isUnexplained && isOfAthlete[operation],
        isRepeat,
      })
      return wait
        ? outcomeOf(wait, clock.now())
        : { kind: 'refused', failure: error.kind, trouble, isExplained: error.isExplained }
    }
  }
}

export type CountedCall = ReturnType<typeof createCountedCall>
