import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
} from '@nats-io/jetstream'
import { SubscribeError } from './subscribe-error.ts'

export interface Wanted {
  durable: string
  filterSubjects: readonly string[]
  /** null: all that the stream keeps. */
  replayFrom: Date | null
}

export const streamName = 'EVENTS'

/** After so long without a sign of life a message is given to another replica; a handler at work gives such signs. */
export const ackWaitMs = 60_000

/** Tells the consumers that this client has made from those of Slipstream's services and of other clients. */
const mark = { 'made-by': '@slipstream/client' }

const findConsumer = async (manager: JetStreamManager, durable: string): Promise<ConsumerInfo | null> => {
  try {
    return await manager.consumers.info(streamName, durable)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.ConsumerNotFound) return null
    throw error
  }
}

const configOf = ({
  durable,
  filterSubjects,
  replayFrom,
}: Wanted): Partial<ConsumerConfig> & { durable_name: string } => ({
  durable_name: durable,
  ack_policy: AckPolicy.Explicit,
  ack_wait: ackWaitMs * 1_000_000,
  // How often an event is tried is counted here: a message that the server gave up would be told to nobody.
  max_deliver: -1,
  filter_subjects: [...filterSubjects],
  metadata: mark,
  ...(replayFrom === null
    ? { deliver_policy: DeliverPolicy.All }
    : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: replayFrom.toISOString() }),
})

const filtersOf = ({ filter_subject, filter_subjects }: ConsumerConfig): string[] =>
  filter_subjects ?? (filter_subject === undefined ? [] : [filter_subject])

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.toSorted().join(' ') === other.toSorted().join(' ')

const isOwn = ({ metadata }: ConsumerConfig): boolean => metadata?.['made-by'] === mark['made-by']

const startOf = ({ opt_start_time }: ConsumerConfig): number | null =>
  opt_start_time === undefined ? null : new Date(opt_start_time).getTime()

/**
 * Makes the durable consumer, or lets one that is there go on where it stands, with the subjects now asked for.
 * @throws SubscribeError when it is not of this client, or was made to start at another time: a consumer starts once
 */
export const ensureConsumer = async (manager: JetStreamManager, wanted: Wanted): Promise<void> => {
  const found = await findConsumer(manager, wanted.durable)
  if (found === null) {
    await manager.consumers.add(streamName, configOf(wanted))
    return
  }
  if (!isOwn(found.config)) {
    throw new SubscribeError(
      'durable_taken',
      `The durable consumer ${wanted.durable} belongs to a service of Slipstream or to another client; take another name.`,
    )
  }
  if (wanted.replayFrom !== null && startOf(found.config) !== wanted.replayFrom.getTime()) {
    throw new SubscribeError(
      'durable_exists',
      `The durable consumer ${wanted.durable} is there and did not start at ${wanted.replayFrom.toISOString()}; give the replay a name of its own.`,
    )
  }
  if (!isSame(filtersOf(found.config), wanted.filterSubjects)) {
    await manager.consumers.update(streamName, wanted.durable, { filter_subjects: [...wanted.filterSubjects] })
  }
}

/** Deletes the durable consumer, if it is still there. */
export const removeConsumer = async (manager: JetStreamManager, durable: string): Promise<void> => {
  if ((await findConsumer(manager, durable)) !== null) await manager.consumers.delete(streamName, durable)
}
