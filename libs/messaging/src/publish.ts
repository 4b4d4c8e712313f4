import { setTimeout as delay } from 'node:timers/promises'
import type { OutboxEvent } from '@slipstream/contracts'
import { backoffMs } from '@slipstream/runtime'
import { encodeEvent } from './envelope.ts'
import { TransientError } from './errors.ts'
import type { Transport } from './transport.ts'

const ackTimeoutMs = 1_500
const backoff = { firstMs: 100, longestMs: 500 }
const limitMs = 15_000

/**
 * Publishes to JetStream and waits until the message is stored. After a failure the streams are put in place first: a
 * subject whose stream is gone has no responder, or only subscribers that never answer. A timeout says nothing about
 * what happened to the message; `msgID` makes sending it again safe.
 * @throws TransientError after 15 to 20 s of trying.
 */
export const publishEvent = async (transport: Transport, event: OutboxEvent, source: string): Promise<void> => {
  const { subject, headers, body } = encodeEvent(event, source)
  const startedAt = performance.now()
  for (let failures = 0; ; failures += 1) {
    try {
      if (failures > 0) await transport.ensureTopology()
      await transport.client.publish(subject, body, { headers, msgID: event.id, timeout: ackTimeoutMs })
      return
    } catch (error) {
      if (performance.now() - startedAt > limitMs) {
        throw new TransientError(`cannot publish ${event.type}`, { cause: error })
      }
      await delay(backoffMs(backoff, failures + 1))
    }
  }
}
