export { type Bus, type BusOptions, connectBus, type FollowedEvent, type FollowOptions } from './bus.ts'
export {
  type ConsumerOptions,
  type Delivery,
  type GivenUp,
  type Handler,
  type RunningConsumer,
  runConsumer,
} from './consumer.ts'
export { ContractError, PostponedError, TransientError } from './errors.ts'
export { type InspectedPart, inspectNats, type NatsView } from './inspect.ts'
export { newEvent } from './new-event.ts'
export {
  createOutboxRelay,
  type OutboxRelay,
  type OutboxRelayOptions,
} from './outbox.ts'
export { done, type Outcome, skipped } from './outcome.ts'
export { countOfAthlete, endOfEvents, purgeAthlete } from './purge.ts'
export { replayDeadLetter } from './replay.ts'
export { registerStreamGauges } from './stream-gauges.ts'
export { type StuckMessagesDeps, sweepStuckMessages } from './stuck-messages.ts'
export { maxAttempts } from './verdict.ts'
