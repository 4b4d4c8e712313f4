/** The work was committed before (a unique key says so): the message is acknowledged. */
export class DuplicateError extends Error {
  override readonly name = 'DuplicateError'
  readonly code = 'duplicate'
}

/** The message cannot be read or has an unknown type or version; trying again cannot help. Names fields, never values. */
export class ContractError extends Error {
  override readonly name = 'ContractError'
  readonly code = 'contract_violated'
}

/** The provider refused the grant for good. The handler has recorded that; the message itself is fine. */
export class GrantRevokedError extends Error {
  override readonly name = 'GrantRevokedError'
  readonly code = 'grant_revoked'
}

/** A quota window is closed until `retryAt`. Not a failure: the work is parked and spends no attempt. */
export class ThrottledError extends Error {
  override readonly name = 'ThrottledError'
  readonly code = 'throttled'
  readonly retryAt: Date

  constructor(retryAt: Date) {
    super(`closed until ${retryAt.toISOString()}`)
    this.retryAt = retryAt
  }
}

/** Expected to pass by itself: network, 5xx, a busy lease. `retryAfterMs` replaces the usual backoff. */
export class TransientError extends Error {
  override readonly name = 'TransientError'
  readonly code = 'transient'
  readonly retryAfterMs: number | undefined

  constructor(message: string, options: { cause?: unknown; retryAfterMs?: number } = {}) {
    super(message, { cause: options.cause })
    this.retryAfterMs = options.retryAfterMs
  }
}

/** Streams on the server differ from what the promises need, in a way that cannot be changed on a live stream. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError'
  readonly code = 'topology_unsafe'
}
