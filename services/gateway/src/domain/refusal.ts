import type { ErrorCode } from '@slipstream/contracts'

/** One offending value: where it is, and what is wrong with it. Never holds the value itself. */
export interface FieldProblem {
  path: string
  message: string
}

/** A caller cannot have what was asked for; `code` is an entry of the error catalogue. Nothing is broken on our side. */
export class RefusalError extends Error {
  override readonly name = 'RefusalError'
  readonly code: ErrorCode
  readonly problems: readonly FieldProblem[]
  /** When asking again makes sense, where that is known. */
  readonly retryAfterMs: number | null

  constructor(
    code: ErrorCode,
    problems: readonly FieldProblem[] = [],
    { retryAfterMs = null, ...options }: ErrorOptions & { retryAfterMs?: number | null } = {},
  ) {
    super(`Refused: ${code}`, options)
    this.code = code
    this.problems = problems
    this.retryAfterMs = retryAfterMs
  }
}
