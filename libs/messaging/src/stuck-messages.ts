import { JetStreamApiError, type JetStreamManager, type JsMsg, type StoredMsg } from '@nats-io/jetstream'
import type { DeliveryLog } from '@slipstream/records'
import type { Logger } from '@slipstream/telemetry'
import { z } from 'zod'
import type { Bus } from './bus.ts'
import { deadLetterOf } from './dead-letter.ts'
import { streams, stuckMessagesConsumer } from './topology.ts'

/** What the server says once about a message that it delivers no more; only the sequence leads to the message. */
const advisorySchema = z.object({
  stream: z.string(),
  consumer: z.string(),
  stream_seq: z.int(),
  deliveries: z.int(),
})

type Advisory = z.infer<typeof advisorySchema>

const batchSize = 100
/** The least that a fetch may wait for more. */
const patienceMs = 1_000
/** The server's code for "no message found". */
const noMessageFound = 10037

export interface StuckMessagesDeps {
  bus(): Pick<Bus, 'transport'>
  deliveries: Pick<DeliveryLog, 'keepDeadLetter'>
  log: Logger
}

const storedMessage = async (manager: JetStreamManager, { stream, stream_seq }: Advisory): Promise<StoredMsg | null> =>
  manager.streams.getMessage(stream, { seq: stream_seq })

const deleteMessage = async (manager: JetStreamManager, { stream, stream_seq }: Advisory) => {
  try {
    await manager.streams.deleteMessage(stream, stream_seq)
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== noMessageFound) throw error
  }
}

const settle = async ({ deliveries, log }: StuckMessagesDeps, manager: JetStreamManager, advisory: Advisory) => {
  const message = await storedMessage(manager, advisory)
  // Replaced by a newer request, or older than its stream keeps messages.
  if (message === null) return
  const { consumer, deliveries: attempts } = advisory
  const fields = { consumer, subject: message.subject, attempts }
  if (advisory.stream === streams.SYNC.name) {
    await deleteMessage(manager, advisory)
    log.warn(fields, 'a request that was delivered no more is taken away, its row asks again')
    return
  }
  const error = new Error(`delivered ${attempts} times without a verdict`)
  const letter = { subject: message.subject, headers: message.header, string: () => message.string() }
  await deliveries.keepDeadLetter(deadLetterOf(consumer, letter, { reason: 'deliveries_exhausted', error, attempts }))
  log.error(fields, 'an event that was delivered no more became a dead letter')
}

const jsonOf = (message: JsMsg): unknown => {
  try {
    return message.json()
  } catch {
    return null
  }
}

const read = (message: JsMsg): Advisory | null => {
  const parsed = advisorySchema.safeParse(jsonOf(message))
  return parsed.success ? parsed.data : null
}

/**
 * Looks after messages that met their consumer's limit of deliveries: the server keeps them, counts them nowhere and never
 * delivers them again. A request stands in a row that asks for it anew once it is gone from the stream; an event becomes a
 * dead letter. One that fails is delivered again and keeps no other from its turn. Bound: 100 a turn, along the advisories not
 * read yet.
 */
export const sweepStuckMessages = (deps: StuckMessagesDeps) => async (): Promise<void> => {
  const { client, manager } = deps.bus().transport
  const consumer = await client.consumers.get(streams.ADVISORIES.name, stuckMessagesConsumer)
  const advisories = await consumer.fetch({ max_messages: batchSize, expires: patienceMs })
  for await (const message of advisories) {
    try {
      const advisory = read(message)
      if (advisory !== null) await settle(deps, manager, advisory)
      message.ack()
    } catch (error) {
      deps.log.warn({ err: error }, 'a message that was delivered no more could not be looked after, tried again later')
    }
  }
}
