export { type Bus, type BusOptions, connectBus, type FollowedEvent, type FollowOptions } from './bus.ts'
export {
  type ConsumerOptions,
  type Delivery,
  type GivenUp,
  type Handler,
  type RunningConsumer,
  runConsumer,
} from './consumer.ts'
export { decodeEvent, type ReceivedEvent } from './envelope.ts'
export { ContractError, isRefusal, PostponedError, TransientError } from './errors.ts'
export type { FollowStart } from './follow.ts'
export { type InspectedPart, inspectNats, type NatsView } from './inspect.ts'
export { newEvent } from './new-event.ts'
export {
  createOutboxRelay,
  type OutboxRelay,
  type OutboxRelayOptions,
} from './outbox.ts'
export { done, type Outcome, skipped } from './outcome.ts'
export { countOfAthlete, endOfEvents, purgeAthlete } from './purge.ts'
export { type EventReader, openEventReader } from './reader.ts'
export { replayDeadLetter } from './replay.ts'
export { registerStreamGauges } from './stream-gauges.ts'
export { type StuckMessagesDeps, sweepStuckMessages } from './stuck-messages.ts'
export { maxAttempts } from './verdict.ts'
