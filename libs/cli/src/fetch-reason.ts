/** The words of what is beneath a failed fetch; its own are `fetch failed` always. */
export const fetchReason = (error: unknown): string => {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return cause instanceof Error ? cause.message : String(cause)
}
