import { actionableError, type ErrorCode, errorCatalogue, type Problem } from '@slipstream/contracts'
import { TransientError } from '@slipstream/messaging'
import { isStoreAway, OverdueError } from '@slipstream/runtime'
import { StravaError } from '@slipstream/strava'
import { SealBrokenError } from '@slipstream/vault'
import type { Response } from 'express'
import { LinkConflictError } from '../domain/ports.ts'
import { type FieldProblem, RefusalError } from '../domain/refusal.ts'

/** Errors of Express and its body parser, by HTTP status: all of them are the caller's doing. */
const codeOfParserStatus: Partial<Record<number, ErrorCode>> = {
  400: 'invalid_request',
  404: 'not_found',
  413: 'payload_too_large',
  415: 'unsupported_media_type',
}

const parserStatus = (error: Error): number => {
  const { status } = error as { status?: unknown }
  return typeof status === 'number' ? status : 500
}

const codeOf = (error: unknown): ErrorCode => {
  if (error instanceof RefusalError) return error.code
  if (!(error instanceof Error)) return 'internal_error'
  if (error instanceof SealBrokenError) return 'app_misconfigured'
  if (error instanceof StravaError) return 'strava_unavailable'
  if (error instanceof TransientError || error instanceof OverdueError) return 'service_unavailable'
  if (error instanceof LinkConflictError || isStoreAway(error)) return 'service_unavailable'
  return codeOfParserStatus[parserStatus(error)] ?? 'internal_error'
}

/** Words of our own for what the parser found; its own message may quote the body. */
const problemsOf = (error: unknown, code: ErrorCode): readonly FieldProblem[] => {
  if (error instanceof RefusalError) return error.problems
  if (code !== 'invalid_request') return []
  const isBody = error instanceof Error && 'type' in error && error.type === 'entity.parse.failed'
  return [isBody ? { path: 'body', message: 'must be JSON' } : { path: '', message: 'cannot be read' }]
}

/** The problem document of any error but for its `type`: what the catalogue says, and never a word of the error itself. */
export const problemOf = (error: unknown): Omit<Problem, 'type'> => {
  const code = codeOf(error)
  return {
    ...actionableError(code),
    status: errorCatalogue[code].status,
    errors: problemsOf(error, code).map(({ path, message }) => ({ path, message })),
  }
}

/** Seconds after which asking again makes sense; null where it does not. */
export const retryAfterSecondsOf = (error: unknown): number | null => {
  if (error instanceof RefusalError && error.retryAfterMs !== null) return Math.ceil(error.retryAfterMs / 1000)
  return errorCatalogue[codeOf(error)].status === 503 ? 5 : null
}

/** `type` leads to the page that says what the error means. */
export const sendProblem = (
  response: Response,
  problem: Omit<Problem, 'type'>,
  { publicUrl, retryAfterSeconds }: { publicUrl: string; retryAfterSeconds: number | null },
): void => {
  const { code, status } = problem
  const document: Problem = { type: `${publicUrl}/errors/${code}`, ...problem }
  if (retryAfterSeconds !== null) response.set('Retry-After', String(retryAfterSeconds))
  response.status(status).type('application/problem+json').send(JSON.stringify(document))
}
