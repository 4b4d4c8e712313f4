import { setTimeout as delay } from 'node:timers/promises'
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream'
import { backoffMs } from '@slipstream/runtime'
import type { Logger } from '@slipstream/telemetry'
import type { ConsumerDefinition } from './topology.ts'
import type { Transport } from './transport.ts'

export interface PullWorker {
  /** Why nothing is pulled right now. */
  problem(): string | undefined
  /** Stops asking for messages; resolves when the one in work, if any, is settled. */
  stop(): Promise<void>
}

const backoff = { firstMs: 500, longestMs: 2_000 }

/**
 * Takes one message at a time and works on it. A worker that is busy has asked for nothing, so no message ages in a
 * buffer: the server counts `ack_wait` from the delivery into the client. (`consume()` asks for the next message
 * early, and once more after each reconnect that happens during a long handler.)
 *
 * When the consumer, its stream or the whole store is gone, the worker puts them back and goes on.
 */
export const startPullWorker = (options: {
  transport: Transport
  name: string
  definition: ConsumerDefinition
  log: Logger
  onMessage(message: JsMsg): Promise<void>
}): PullWorker => {
  const { transport, name, definition, log, onMessage } = options
  const stopping = new AbortController()
  let pull: ConsumerMessages | undefined
  let problem: string | undefined = 'not pulling yet'
  let failures = 0

  const takeOne = async (consumer: Consumer): Promise<JsMsg | null> => {
    pull = await consumer.fetch({ max_messages: 1 })
    if (stopping.signal.aborted) pull.stop()
    for await (const message of pull) return message
    return null
  }

  const pullUntilStopped = async () => {
    const consumer = await transport.client.consumers.get(definition.stream, name)
    if (problem !== undefined) log.debug('pulling')
    problem = undefined
    failures = 0
    while (!stopping.signal.aborted) {
      const message = await takeOne(consumer)
      if (message === null) continue
      if (stopping.signal.aborted) message.nak()
      else await onMessage(message)
    }
  }

  const run = async () => {
    while (!stopping.signal.aborted) {
      try {
        await transport.ensureTopology()
        await pullUntilStopped()
      } catch (error) {
        if (problem === undefined) log.warn({ err: error }, 'pulling failed, starting again')
        problem = error instanceof Error ? error.message : 'pulling failed'
        failures += 1
        await delay(backoffMs(backoff, failures), undefined, { signal: stopping.signal }).catch(() => {}) // woken by stop
      }
    }
  }

  const running = run()
  return {
    problem: () => problem,
    stop: () => {
      stopping.abort()
      pull?.stop()
      return running
    },
  }
}
