import { backoffMs, isStoreAway } from '@slipstream/runtime'
import { ContractError, PostponedError, TransientError } from './errors.ts'
import type { Outcome } from './outcome.ts'

/** What to tell JetStream about one delivery. */
export type Verdict =
  | { kind: 'ack' }
  /** Comes again, and that is no attempt. */
  | { kind: 'postpone'; delayMs: number }
  | { kind: 'nak'; delayMs: number }
  | { kind: 'dead_letter'; reason: DeadLetterReason }

export type DeadLetterReason = 'contract_violated' | 'attempts_exhausted'

export interface VerdictInput {
  /** Which try this was, from 1. */
  attempt: number
  maxAttempts: number
  now: Date
  /** In [0, 1); spreads the retries of messages that failed together. */
  random: number
}

/** Tries of a message before it becomes a dead letter. */
export const maxAttempts = 5

/** 1, 4, 16, 64 s and then 2 min, each shortened by up to half. */
const backoff = { firstMs: 1_000, longestMs: 120_000, factor: 4, spread: 0.5 }

/** A delay that was asked for is never shortened, only spread by up to a fifth. */
const askedDelayMs = (retryAfterMs: number, random: number): number => Math.round(retryAfterMs * (1 + random / 5))

/** Errors nobody foresaw: handled as transient, but logged with their stack and counted apart. */
export const isUnexpected = (error: Error): boolean =>
  !(
    error instanceof ContractError ||
    error instanceof PostponedError ||
    error instanceof TransientError ||
    isStoreAway(error)
  )

/**
 * Maps how the work ended to what JetStream is told. The table is in the README.
 */
export const verdictFor = (result: Outcome | Error, input: VerdictInput): Verdict => {
  if (!(result instanceof Error)) return { kind: 'ack' }
  if (result instanceof ContractError) return { kind: 'dead_letter', reason: 'contract_violated' }
  if (result instanceof PostponedError) {
    return { kind: 'postpone', delayMs: Math.max(0, result.retryAt.getTime() - input.now.getTime()) }
  }
  if (input.attempt >= input.maxAttempts) return { kind: 'dead_letter', reason: 'attempts_exhausted' }
  const asked = result instanceof TransientError ? result.retryAfterMs : undefined
  return {
    kind: 'nak',
    delayMs: asked === undefined ? backoffMs(backoff, input.attempt, input.random) : askedDelayMs(asked, input.random),
  }
}
