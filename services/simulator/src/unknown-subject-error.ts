/** A control call named an athlete, account or activity that does not exist. */
export class UnknownSubjectError extends Error {
  override readonly name = 'UnknownSubjectError'
  readonly code = 'unknown_subject'
}
