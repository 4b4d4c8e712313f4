import {
  AckPolicy,
  type ConsumerConfig,
  type ConsumerInfo,
  DeliverPolicy,
  JetStreamApiError,
  type JetStreamManager,
} from '@nats-io/jetstream'

/** Raised by `subscribe` when the durable consumer that is there cannot be what is asked for. */
export class SubscribeError extends Error {
  override readonly name = 'SubscribeError'
  readonly code = 'durable_exists'
}

export interface Wanted {
  durable: string
  filterSubjects: readonly string[]
  /** null: all that the stream keeps. */
  replayFrom: Date | null
}

export const streamName = 'EVENTS'

/** After so long without a sign of life a message is given to another replica; a handler at work gives such signs. */
export const ackWaitMs = 60_000

const consumerNotFound = 10014

const findConsumer = async (manager: JetStreamManager, durable: string): Promise<ConsumerInfo | null> => {
  try {
    return await manager.consumers.info(streamName, durable)
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === consumerNotFound) return null
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
  ...(replayFrom === null
    ? { deliver_policy: DeliverPolicy.All }
    : { deliver_policy: DeliverPolicy.StartTime, opt_start_time: replayFrom.toISOString() }),
})

const filtersOf = ({ filter_subject, filter_subjects }: ConsumerConfig): string[] =>
  filter_subjects ?? (filter_subject === undefined ? [] : [filter_subject])

const isSame = (one: readonly string[], other: readonly string[]): boolean =>
  one.toSorted().join(' ') === other.toSorted().join(' ')

const startOf = ({ opt_start_time }: ConsumerConfig): number | null =>
  opt_start_time === undefined ? null : new Date(opt_start_time).getTime()

/**
 * Makes the durable consumer, or lets one that is there go on where it stands, with the subjects now asked for.
 * @throws SubscribeError when it was made to start at another time: a consumer starts once
 */
export const ensureConsumer = async (manager: JetStreamManager, wanted: Wanted): Promise<void> => {
  const found = await findConsumer(manager, wanted.durable)
  if (found === null) {
    await manager.consumers.add(streamName, configOf(wanted))
    return
  }
  if (wanted.replayFrom !== null && startOf(found.config) !== wanted.replayFrom.getTime()) {
    throw new SubscribeError(
      `The durable consumer ${wanted.durable} is there and did not start at ${wanted.replayFrom.toISOString()}; give the replay a name of its own.`,
    )
  }
  if (!isSame(filtersOf(found.config), wanted.filterSubjects)) {
    await manager.consumers.update(streamName, wanted.durable, { filter_subjects: [...wanted.filterSubjects] })
  }
}
