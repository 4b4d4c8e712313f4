import { ConfigError } from './config.ts'

/** A running part of the system. `start` resolves when it is ready; `stop` finishes or hands back work in flight. */
export interface Service {
  start(): Promise<void>
  stop(): Promise<void>
}

/** Something was asked of a service that it knows only once it runs, such as its port. */
export class NotStartedError extends Error {
  override readonly name = 'NotStartedError'
  readonly code = 'not_started'
}

export interface RunOptions {
  /** How long `stop` may take after SIGTERM before the process exits anyway. Default 25 s. */
  stopDeadlineMs?: number
}

const fail = (reason: string, error: unknown): never => {
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${reason}: ${text}\n`)
  process.exit(1)
}

/**
 * Runs a service until SIGTERM or SIGINT, then stops it and exits 0. Settings that are wrong, a failed start, a stop
 * past its deadline and any unhandled error end the process with code 1: an unknown state is not worth keeping.
 */
export const runService = async (create: () => Service | Promise<Service>, options: RunOptions = {}): Promise<void> => {
  process.on('uncaughtException', (error) => fail('unexpected error', error))
  process.on('unhandledRejection', (error) => fail('unhandled rejection', error))
  try {
    const service = await create()
    let stopping = false
    const stop = async () => {
      if (stopping) return
      stopping = true
      const deadlineMs = options.stopDeadlineMs ?? 25_000
      setTimeout(() => fail('stop', new Error(`still not stopped after ${deadlineMs} ms`)), deadlineMs).unref()
      await service.stop()
      process.exit(0)
    }
    process.once('SIGTERM', stop)
    process.once('SIGINT', stop)
    await service.start()
  } catch (error) {
    fail('cannot start', error)
  }
}
