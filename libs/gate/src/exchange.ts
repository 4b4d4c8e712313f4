import { StravaError, type StravaGrant } from '@slipstream/strava'
import pRetry from 'p-retry'

/** Three tries at most, half a second and then a second and a half apart, and none that begins later than this. */
const retries = 2
const pauses = { minTimeout: 500, factor: 3 }
const lastTryAfterMs = 5_000

/** The person in front of the browser has an answer after this, whatever Strava does. */
const answerWithinMs = 8_000

/** Nobody knows what became of the code; also where an answer came through and could not be read. */
const leavesOpen = ({ kind, httpStatus }: StravaError): boolean =>
  kind === 'transient' || (kind === 'unexpected' && httpStatus !== null && httpStatus < 300)

/**
 * Exchanges a code, and again where that may not have spent it: without the grant behind it the person would have to begin
 * anew, and Strava would count an athlete whom nobody knows. Strava refuses a code for good with the same words as one that
 * has not reached all of its servers yet, so the first such refusal is not believed.
 * @param send one call to Strava; ends when its signal is aborted
 * @throws StravaError: what went wrong first, where a lost answer may have spent the code
 */
export const exchangePatiently = async (send: (signal: AbortSignal) => Promise<StravaGrant>): Promise<StravaGrant> => {
  const signal = AbortSignal.timeout(answerWithinMs)
  let lost: StravaError | null = null
  let refusals = 0
  const attempt = async () => {
    try {
      return await send(signal)
    } catch (error) {
      if (signal.aborted) throw lost ?? new StravaError({ endpoint: 'token', outcome: 'timeout' })
      if (!(error instanceof StravaError)) throw error
      if (leavesOpen(error)) lost = error
      if (error.kind === 'code_invalid') refusals++
      throw error
    }
  }
  try {
    return await pRetry(attempt, {
      ...{ retries, ...pauses, maxRetryTime: lastTryAfterMs },
      shouldRetry: ({ error }) =>
        error instanceof StravaError &&
        !signal.aborted &&
        (leavesOpen(error) || (error.kind === 'code_invalid' && refusals === 1)),
    })
  } catch (error) {
    throw error instanceof StravaError && error.kind === 'code_invalid' && lost ? lost : error
  }
}
