/**
 * Raised when a server can be neither found nor fetched nor started. `tried` has one line per attempt; the message
 * names them all and the setting that makes the attempt unnecessary.
 */
export class EmbeddedServerError extends Error {
  override readonly name = 'EmbeddedServerError'
  readonly code = 'embedded_server_unavailable'
  readonly tried: readonly string[]

  constructor(server: string, tried: readonly string[], options?: ErrorOptions) {
    super(
      [
        `${server} could not be started. Tried:`,
        ...tried.map((line) => `  - ${line}`),
        'To use servers of your own instead, set MONGODB_URI and NATS_URL.',
      ].join('\n'),
      options,
    )
    this.tried = tried
  }
}

/** Raised when the folder's processes belong to another owner that is still running. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError'
  readonly code = 'already_running'

  constructor(folder: string, process: string, ownerPid: number) {
    super(`${process} already runs on ${folder}, started by process ${ownerPid}. Stop that one first.`)
  }
}

const codeOf = (error: unknown): string | null => {
  if (!(error instanceof Error)) return null
  if ('code' in error && typeof error.code === 'string') return error.code
  return codeOf(error.cause)
}

/** One line about what went wrong; names the system's own code (`ENOTFOUND`) where `fetch` hides it in its cause. */
export const describe = (error: unknown): string => {
  const message = error instanceof Error ? error.message : String(error)
  const code = codeOf(error)
  return code && !message.includes(code) ? `${message} (${code})` : message
}
