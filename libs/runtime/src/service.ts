import { ConfigError } from './config.ts'

/** A running part of the system. `start` resolves when it is ready; `stop` finishes or hands back work in flight. */
export interface Service {
  start(): Promise<void>
  /** Also during a start, which it gives up. Takes no longer than `stopLimitMs`. */
  stop(): Promise<void>
  /** How long `stop` may take before the process is ended anyway. Default 20 s. */
  readonly stopLimitMs?: number
}

/** Something was asked of a service that it knows only once it runs, such as its port. */
export class NotStartedError extends Error {
  override readonly name = 'NotStartedError'
  readonly code = 'not_started'
}

const defaultStopLimitMs = 20_000

/** SIGHUP: the terminal was closed. */
const stopSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const

const fail = (reason: string, error: unknown): never => {
  const text = error instanceof ConfigError ? error.message : error instanceof Error ? error.stack : String(error)
  process.stderr.write(`${reason}: ${text}\n`)
  process.exit(1)
}

/**
 * Runs a service until the first SIGTERM, SIGINT or SIGHUP, then stops it and exits 0. A repeated signal changes nothing:
 * one Ctrl-C arrives twice under npm, and an impatient orchestrator must not cost an athlete a token that is being
 * stored. Settings that are wrong, a failed start, a stop past its limit and any unhandled error end the process with
 * code 1: an unknown state is not worth keeping.
 */
export const runService = async (create: () => Service | Promise<Service>): Promise<void> => {
  process.on('uncaughtException', (error) => fail('unexpected error', error))
  process.on('unhandledRejection', (error) => fail('unhandled rejection', error))
  let service: Service | undefined
  let stopping: Promise<void> | undefined
  const stop = async () => {
    const limitMs = service?.stopLimitMs ?? defaultStopLimitMs
    setTimeout(() => fail('stop', new Error(`still not stopped after ${limitMs} ms`)), limitMs).unref()
    await service?.stop()
    process.exit(0)
  }
  for (const signal of stopSignals) {
    process.on(signal, () => {
      stopping ??= stop()
    })
  }
  try {
    service = await create()
    await service.start()
  } catch (error) {
    if (!stopping) fail('cannot start', error)
  }
}
