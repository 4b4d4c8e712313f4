import type { SlipstreamError } from './error.ts'

export interface RetryLimits {
  /** Tries in all, the first one counted. */
  maxAttempts: number
  /** A longer wait than this is the caller's to decide on. */
  maxWaitMs: number
}

const isWorthAnotherTry = ({ code, status }: SlipstreamError): boolean =>
  code === 'unreachable' || code === 'timed_out' || code === 'request_in_progress' || status === 429 || status === 503

/** Doubles from half a second; up to as much again is added, so that clients which failed together come back apart. */
export const backoffMs = (attempt: number, random: number): number => 500 * 2 ** (attempt - 1) * (1 + random)

/**
 * How long to wait before a request is sent again; null: not at all.
 * @param attempt the one that failed, from 1
 * @param random from 0 to 1
 */
export const waitBeforeRetryMs = (
  error: SlipstreamError,
  attempt: number,
  { maxAttempts, maxWaitMs }: RetryLimits,
  random: number,
): number | null => {
  if (attempt >= maxAttempts || !isWorthAnotherTry(error)) return null
  const told = (error.retryAfterSeconds ?? 0) * 1_000
  return told > maxWaitMs ? null : Math.min(maxWaitMs, Math.max(told, backoffMs(attempt, random)))
}
