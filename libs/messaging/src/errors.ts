import { PermissionViolationError } from '@nats-io/transport-node'

/** The message cannot be read or has an unknown type or version; trying again cannot help. Names fields, never values. */
export class ContractError extends Error {
  override readonly name = 'ContractError'
  readonly code = 'contract_violated'
}

/** Not before `retryAt`: the lease is in other hands, say. No failure, so it spends no attempt. */
export class PostponedError extends Error {
  override readonly name = 'PostponedError'
  readonly code = 'postponed'
  readonly retryAt: Date

  constructor(retryAt: Date) {
    super(`not before ${retryAt.toISOString()}`)
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

/** NATS can never take this event: it is larger than the server allows, or no message can be made of it. */
export class UnpublishableError extends Error {
  override readonly name = 'UnpublishableError'
  readonly code = 'unpublishable'
}

/** Streams on the server differ from what the promises need, in a way that cannot be changed on a live stream. */
export class TopologyError extends Error {
  override readonly name = 'TopologyError'
  readonly code = 'topology_unsafe'
}

/** Whether the server has refused this user what was asked for. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof PermissionViolationError || (error instanceof Error && isRefusal(error.cause))
