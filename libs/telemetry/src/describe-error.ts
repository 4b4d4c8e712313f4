import { isStoreAway } from '@slipstream/runtime'

// How an error looks in the log. Of foreseen trouble (Strava, MongoDB, NATS or the network is away, a refusal) code,
// message and causes say all, and an outage would fill the log with the same stack; what nobody foresaw keeps its stack.

/** Errors of our own carry a stable code of this form; whoever threw one knew what it means. Node's own are upper case. */
const ownCode = /^[a-z]+(_[a-z0-9]+)*$/

const networkCode =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_\w+)$/

/** Errors of the NATS client while the server, or what it stores, is away; and of any wait that was cut short. */
const awayNames = new Set([
  ...['ConnectionError', 'ClosedConnectionError', 'DrainingConnectionError', 'RequestError', 'NoResponders'],
  // The first is a server that does not answer, as it is frozen.
  ...['JetStreamError', 'JetStreamStatusError', 'JetStreamNotEnabled', 'ConsumerNotFoundError', 'StreamNotFoundError'],
  ...['TimeoutError', 'AbortError'],
])

const codeOf = (error: Error): string | number | undefined => {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' || typeof code === 'number' ? code : undefined
}

const isForeseen = (error: Error): boolean => {
  const code = codeOf(error)
  if (typeof code === 'string' && (ownCode.test(code) || networkCode.test(code))) return true
  return awayNames.has(error.name) || isStoreAway(error)
}

/** A cause that leads back to itself ends here. */
const mostCauses = 5

/** From the outermost on. */
const causesOf = (error: Error): unknown[] => {
  const causes: unknown[] = []
  let next = error.cause
  while (next !== undefined && causes.length < mostCauses) {
    causes.push(next)
    next = next instanceof Error ? next.cause : undefined
  }
  return causes
}

const inShort = (cause: unknown): string =>
  cause instanceof Error ? `${[cause.name, codeOf(cause)].filter(Boolean).join(' ')}: ${cause.message}` : String(cause)

const stacksOf = (errors: unknown[]): string =>
  errors.map((error) => (error instanceof Error ? error.stack : String(error))).join('\ncaused by: ')

/** Only these parts of an error are logged: a foreign error may carry URLs, headers or bodies with secrets. */
export const describeError = (error: unknown): Record<string, unknown> => {
  if (!(error instanceof Error)) return { message: String(error) }
  const causes = causesOf(error)
  return {
    name: error.name,
    code: codeOf(error),
    message: error.message,
    ...(causes.length > 0 && { cause: causes.map(inShort).join(' <- ') }),
    ...(!isForeseen(error) && { stack: stacksOf([error, ...causes]) }),
  }
}
