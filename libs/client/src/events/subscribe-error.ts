import { JetStreamApiCodes, JetStreamApiError } from '@nats-io/jetstream'
import { AuthorizationError, PermissionViolationError, UserAuthenticationExpiredError } from '@nats-io/transport-node'

export type SubscribeErrorCode =
  /** Nobody answers at these addresses, or not in NATS' words. */
  | 'unreachable'
  /** The server does not know the credentials, or its user may not do this. */
  | 'refused'
  /** An address or the credentials cannot be read, or the name is none that a durable can have. */
  | 'invalid_servers'
  | 'invalid_credentials'
  | 'invalid_name'
  /** The server has no stream of events: it is not Slipstream's, or Slipstream has not started yet. */
  | 'no_stream'
  /** The name belongs to a durable that this client has not made, such as one of Slipstream's own services. */
  | 'durable_taken'
  /** The durable started at another time than `replayFrom`. */
  | 'durable_exists'

/** Why `subscribe` did not succeed. */
export class SubscribeError extends Error {
  override readonly name = 'SubscribeError'
  readonly code: SubscribeErrorCode

  constructor(code: SubscribeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

const refusals = [AuthorizationError, UserAuthenticationExpiredError, PermissionViolationError]

/** What a call to NATS failed with, in the words of this client. */
export const subscribeErrorOf = (cause: unknown): SubscribeError => {
  if (cause instanceof SubscribeError) return cause
  const chain = [cause, cause instanceof Error ? cause.cause : undefined]
  const is = (kinds: readonly (abstract new (...args: never[]) => Error)[]) =>
    chain.some((error) => kinds.some((kind) => error instanceof kind))
  const message = cause instanceof Error ? cause.message : String(cause)
  if (is(refusals)) return new SubscribeError('refused', `NATS refuses: ${message}`, { cause })
  const isWithoutStream =
    (cause instanceof JetStreamApiError && cause.code === JetStreamApiCodes.StreamNotFound) ||
    (cause instanceof Error && cause.name === 'JetStreamNotEnabled') // a class that is not exported
  if (isWithoutStream) {
    return new SubscribeError('no_stream', `NATS has no stream of Slipstream's events: ${message}`, { cause })
  }
  return new SubscribeError('unreachable', `NATS cannot be reached: ${message}`, { cause })
}
