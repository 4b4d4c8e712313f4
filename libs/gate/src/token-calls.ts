import type { CalledOperation, CallReport, QuotaLedger, Wait } from '@slipstream/quota'
import type { Clock, Secret } from '@slipstream/runtime'
import { StravaError, type StravaOAuth } from '@slipstream/strava'
import { SpanKind, withSpan } from '@slipstream/telemetry'
import type { RefreshVerdict } from '@slipstream/vault'
import { exchangePatiently } from './exchange.ts'
import { HeldBackError, NotSentError, TokenCallError } from './held-back.ts'
import { showingOf, troubleTable } from './trouble-table.ts'

/** Strava's calls about tokens, outside the quota. Each tells the ledger what it has shown about the app. */
export const createTokenCalls = <Tokens>(options: {
  oauth: Pick<StravaOAuth, 'exchangeCode' | 'revoke'> & {
    refresh(options: { refreshToken: Secret }): Promise<Tokens>
  }
  ledger: Pick<QuotaLedger, 'mayRefresh' | 'report'>
  clock: Clock
  /** The ledger was not told of a call; the next one of its kind tells the same. */
  onReportFailed: (error: unknown) => void
}) => {
  const { oauth, ledger, clock, onReportFailed } = options

  /** Nothing fails with it: an answer may be the only copy of a grant, and an error is worth more than this one. */
  const tell = async (report: CallReport): Promise<Wait | null> => {
    try {
      return await ledger.report(report)
    } catch (error) {
      onReportFailed(error)
      return null
    }
  }

  const reporting = async <Answer>(
    operation: CalledOperation,
    athleteId: string | null,
    send: () => Promise<Answer>,
  ): Promise<Answer> => {
    const sentAt = clock.now()
    const about = { operation, athleteId, sentAt, lane: 'interactive' as const }
    let answer: Answer
    try {
      answer = await withSpan(`strava ${operation}`, { kind: SpanKind.CLIENT }, send)
    } catch (error) {
      if (!(error instanceof StravaError)) throw error
      const shows = showingOf(troubleTable[error.kind])
      const hasFailedAthlete = shows === 'nothing'
      const wait = await tell({ ...about, shows, reading: error.quota, hasFailedAthlete })
      throw operation === 'refresh' ? new TokenCallError(error, wait) : error
    }
    // Not waited for: until it is kept, an answer is in this process alone.
    void tell({ ...about, shows: 'works', reading: null })
    return answer
  }

  return {
    /** For the vault. @throws HeldBackError while refreshes are stopped; NotSentError; TokenCallError */
    refreshTokens: async (refreshToken: Secret, { athleteId }: { athleteId: string }): Promise<Tokens> => {
      const permit = await ledger.mayRefresh(athleteId).catch((error: unknown) => {
        throw new NotSentError(error)
      })
      if (!permit.granted) throw new HeldBackError({ reason: permit.reason, until: permit.retryAt, failingSince: null })
      return await reporting('refresh', athleteId, () => oauth.refresh({ refreshToken }))
    },
    /** Never held back: a person waits, and the code lives for a moment. Tried again; see exchange.ts. @throws StravaError */
    exchangeCode: (code: string) =>
      exchangePatiently((signal) => reporting('token', null, () => oauth.exchangeCode({ code, signal }))),
    /** Never held back: a grant that nobody keeps should end. @throws StravaError */
    revoke: (token: Parameters<StravaOAuth['revoke']>[0]) => reporting('revoke', null, () => oauth.revoke(token)),
  }
}

/** What a failed refresh means for the grant; `reason` is the same text for the same unexplained refusal. */
export const judgeRefresh = (error: unknown): RefreshVerdict => {
  if (error instanceof HeldBackError || error instanceof NotSentError) return { kind: 'passed_on' }
  const failure = error instanceof TokenCallError ? error.cause : error
  if (!(failure instanceof StravaError)) return { kind: 'transient' }
  const kind = troubleTable[failure.kind].atRefresh
  if (kind !== 'refused') return { kind }
  // An answer below 500 that is no success is a refusal, whatever it says; all else leaves open what Strava did.
  const { httpStatus } = failure
  const isRefusal = httpStatus !== null && httpStatus >= 400 && httpStatus < 500
  return isRefusal ? { kind, reason: `${httpStatus} ${failure.kind}` } : { kind: 'transient' }
}
