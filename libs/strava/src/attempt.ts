import type { Reading } from './json.ts'
import { judgeResponse, readFault, type StravaEndpoint } from './judgement.ts'
import { type QuotaReading, readQuota } from './quota-reading.ts'
import { abortAfterRunning } from './running-time.ts'
import { type FailedOutcome, StravaError } from './strava-error.ts'

/** One finished attempt, for metrics. `aborted`: the caller gave up. */
export interface StravaCall {
  endpoint: StravaEndpoint
  outcome: 'ok' | 'aborted' | FailedOutcome
  seconds: number
}

/** What both clients may be given. */
export interface TransportOptions {
  /** Default: the global fetch. */
  fetch?: typeof fetch
  /** Time for one attempt, body included, in which this process runs. Default 10 s. */
  timeoutMs?: number
  /** Called after every attempt, also a failed one. */
  onCall?: (call: StravaCall) => void
}

interface AttemptRequest<T> {
  endpoint: StravaEndpoint
  url: string
  init: RequestInit
  signal: AbortSignal | undefined
  /** Turns the text of a 2xx answer into data. */
  read: (text: string) => Reading<T>
}

interface Answer {
  response: Response
  text: string
}

const exchange = async (
  request: Pick<AttemptRequest<unknown>, 'endpoint' | 'url' | 'init' | 'signal'>,
  options: TransportOptions,
): Promise<Answer> => {
  const timeout = abortAfterRunning(options.timeoutMs ?? 10_000)
  const signal = request.signal ? AbortSignal.any([timeout.signal, request.signal]) : timeout.signal
  try {
    // A redirect is not followed: the bearer token goes to the configured host and nowhere else.
    const response = await (options.fetch ?? fetch)(request.url, { ...request.init, redirect: 'manual', signal })
    return { response, text: await response.text() }
  } catch (error) {
    request.signal?.throwIfAborted()
    if (timeout.signal.aborted) throw new StravaError({ endpoint: request.endpoint, outcome: 'timeout' })
    // Only the inner system error is kept. The outer one is without worth, and where fetch refuses a header it quotes it.
    const inner = error instanceof Error ? error.cause : undefined
    throw inner instanceof Error
      ? new StravaError({ endpoint: request.endpoint, outcome: 'network', cause: inner })
      : new StravaError({ endpoint: request.endpoint, outcome: 'unexpected', problem: 'request could not be sent' })
  } finally {
    timeout.stop()
  }
}

const interpret = <T>({ endpoint, read }: AttemptRequest<T>, { response, text }: Answer) => {
  const quota = readQuota(response.headers)
  const details = { endpoint, httpStatus: response.status, quota }
  if (!response.ok) {
    const fault = readFault(text)
    const { kind, missingScope } = judgeResponse({ status: response.status, fault, endpoint })
    throw new StravaError({ ...details, outcome: kind, missingScope, isExplained: fault?.isJson === true })
  }
  const reading = read(text)
  if ('problem' in reading) {
    const { problem, isOfAnother } = reading
    throw new StravaError({ ...details, outcome: isOfAnother ? 'wrong_athlete' : 'unexpected', problem })
  }
  return { data: reading.data, quota }
}

/**
 * Makes one HTTP call to Strava and reads its answer; reports it to `onCall` however it ends.
 * @throws StravaError, or the abort reason of the caller's signal.
 */
export const attempt = async <T>(
  request: AttemptRequest<T>,
  options: TransportOptions,
): Promise<{ data: T; quota: QuotaReading | null }> => {
  const startedAt = performance.now()
  let outcome: StravaCall['outcome'] = 'aborted'
  try {
    const result = interpret(request, await exchange(request, options))
    outcome = 'ok'
    return result
  } catch (error) {
    if (error instanceof StravaError) outcome = error.outcome
    throw error
  } finally {
    options.onCall?.({ endpoint: request.endpoint, outcome, seconds: (performance.now() - startedAt) / 1000 })
  }
}
