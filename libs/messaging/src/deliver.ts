import type { JsMsg } from '@nats-io/jetstream'
import { SpanStatusCode } from '@opentelemetry/api'
import type { DeliveryLog } from '@slipstream/records'
import { type Clock, untilItWorks } from '@slipstream/runtime'
import { type Logger, SpanKind, withSpan } from '@slipstream/telemetry'
import type { ConsumerMetrics } from './consumer-metrics.ts'
import { deadLetterOf } from './dead-letter.ts'
import { decodeEvent, type ReceivedEvent } from './envelope.ts'
import { PostponedError } from './errors.ts'
import type { Outcome } from './outcome.ts'

import type { StopSignals } from './stop-signals.ts'
import { type DeadLetterReason, isUnexpected, maxAttempts, type Verdict, verdictFor } from './verdict.ts'

export interface Delivery {
  /** The event's id; the same at each attempt. */
  id: string
  /** From 1. */
  attempt: number
  /** Aborted when the process has to stop and cannot wait any longer: fail soon, the message comes back elsewhere. */
  signal: AbortSignal
  occurredAt: Date
}

/** Why nobody will work on an event any more. */
export interface GivenUp {
  /** The event's id. */
  id: string
  reason: DeadLetterReason
  /** What the last attempt ended with. */
  error: Error
}

/** What one consumer's deliveries have in common. */
export interface DeliveryContext {
  consumer: string
  ackWaitMs: number
  deliveries: DeliveryLog
  /** Runs the handler of the event's type. */
  handle(event: ReceivedEvent, delivery: Delivery): Promise<Outcome>
  onGivenUp(event: ReceivedEvent, given: GivenUp): Promise<void>
  /** Waits until the server has received what was sent. */
  flush(): Promise<void>
  log: Logger
  metrics: ConsumerMetrics
  clock: Clock
  random(): number
  stop: StopSignals
}

const toError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error('something that is not an error was thrown', { cause: thrown })

/** Waits for the server's confirmation: a plain ack that was sent while disconnected is lost without a word. */
const acknowledge = async ({ log }: DeliveryContext, message: JsMsg) => {
  try {
    await message.ackAck()
  } catch (error) {
    log.warn({ err: error, subject: message.subject }, 'acknowledgement not confirmed, the event may come again')
  }
}

const forgetAttempts = async ({ deliveries, consumer, log }: DeliveryContext, eventId: string) => {
  try {
    await deliveries.forget(consumer, eventId)
  } catch (error) {
    log.warn({ err: error, eventId }, 'the attempts were not cleared and expire by themselves')
  }
}

interface Burial {
  reason: DeadLetterReason
  error: Error
  attempts: number
}

/** The letter is kept before the message goes; a log that is away is waited for. */
const bury = async (context: DeliveryContext, message: JsMsg, cause: Burial, beforeTerm?: () => Promise<void>) => {
  const letter = deadLetterOf(context.consumer, message, cause)
  const waiting = { log: context.log, signal: context.stop.deadline }
  await untilItWorks(() => context.deliveries.keepDeadLetter(letter), { what: 'keeping a dead letter', ...waiting })
  if (beforeTerm) await untilItWorks(beforeTerm, { what: 'giving up an event', ...waiting })
  message.term(cause.reason)
  await context.flush()
  const { subject, eventId, attempts, reason } = letter
  context.log.error({ subject, eventId, attempts, reason, err: cause.error }, 'event became a dead letter')
}

const giveUp = async (context: DeliveryContext, message: JsMsg, event: ReceivedEvent, cause: Burial) => {
  const { reason, error } = cause
  await bury(context, message, cause, () => context.onGivenUp(event, { id: event.id, reason, error }))
  await forgetAttempts(context, event.id)
}

const handBack = ({ log }: DeliveryContext, message: JsMsg, type: string, error: unknown) => {
  message.nak()
  log.warn({ err: error, type, subject: message.subject }, 'event handed back')
  return 'handed_back' as const
}

/** Runs the handler and gives it up when it does not end in time at a stop. */
const runHandler = async (
  context: DeliveryContext,
  event: ReceivedEvent,
  attempt: number,
): Promise<Outcome | Error> => {
  const { deadline, abandon } = context.stop
  const given = Promise.withResolvers<never>()
  const giveUp = () => given.reject(abandon.reason)
  abandon.addEventListener('abort', giveUp)
  try {
    const delivery = { id: event.id, attempt, signal: deadline, occurredAt: event.time }
    return await Promise.race([context.handle(event, delivery), given.promise])
  } catch (thrown) {
    return toError(thrown)
  } finally {
    abandon.removeEventListener('abort', giveUp)
  }
}

const report = (context: DeliveryContext, event: ReceivedEvent, fields: object, result: Outcome | Error) => {
  const { log, metrics, consumer } = context
  if (!(result instanceof Error)) {
    if (result.kind === 'skipped') log.info({ ...fields, reason: result.reason }, 'event skipped')
    else log.debug(fields, 'event handled')
  } else if (result instanceof PostponedError) {
    log.info({ ...fields, retryAt: result.retryAt }, 'event postponed')
  } else if (isUnexpected(result)) {
    metrics.unexpectedErrors.inc({ consumer, type: event.type })
    log.error({ ...fields, err: result }, 'event failed unexpectedly')
  } else log.warn({ ...fields, err: result }, 'event failed')
}

type Handled = Verdict['kind'] | 'handed_back'

const work = async (context: DeliveryContext, message: JsMsg, event: ReceivedEvent): Promise<Handled> => {
  const { consumer, deliveries, log, clock, stop } = context
  // While the log is away the message is held, not sent back: an outage costs neither attempts nor deliveries.
  const attempt = await untilItWorks(() => deliveries.startAttempt(consumer, event.id), {
    what: 'counting attempts',
    log,
    signal: stop.intake,
  })
  if (attempt > maxAttempts) {
    const error = new Error('every attempt ended without a verdict, as when the process is killed')
    await giveUp(context, message, event, { reason: 'attempts_exhausted', error, attempts: attempt - 1 })
    return 'dead_letter'
  }
  const result = await runHandler(context, event, attempt)
  if (result instanceof Error && stop.deadline.aborted) {
    // A stop is no failure of the work. The message goes first: while MongoDB is away, forgetting takes its time.
    const handled = handBack(context, message, event.type, result)
    await forgetAttempts(context, event.id)
    return handled
  }
  const verdict = verdictFor(result, { attempt, maxAttempts, now: clock.now(), random: context.random() })
  report(context, event, { type: event.type, eventId: event.id, attempt, verdict: verdict.kind }, result)
  switch (verdict.kind) {
    case 'nak':
      message.nak(verdict.delayMs)
      break
    case 'postpone':
      await forgetAttempts(context, event.id)
      message.nak(verdict.delayMs)
      break
    case 'dead_letter':
      await giveUp(context, message, event, { reason: verdict.reason, error: toError(result), attempts: attempt })
      break
    case 'ack':
      await acknowledge(context, message)
      await forgetAttempts(context, event.id)
  }
  return verdict.kind
}

const workInSpan = (context: DeliveryContext, message: JsMsg, event: ReceivedEvent): Promise<Handled> => {
  const attributes = {
    'messaging.system': 'nats',
    'messaging.operation.type': 'process',
    'messaging.consumer.group.name': context.consumer,
    'messaging.message.id': event.id,
  }
  const options = { kind: SpanKind.CONSUMER, parent: event.traceparent, attributes }
  return withSpan(`process ${event.type}`, options, async (span) => {
    const handled = await work(context, message, event)
    if (handled === 'nak' || handled === 'dead_letter') span.setStatus({ code: SpanStatusCode.ERROR, message: handled })
    return handled
  })
}

const buryUnreadable = async (context: DeliveryContext, message: JsMsg, error: Error): Promise<Handled> => {
  await bury(context, message, { reason: 'contract_violated', error, attempts: 1 })
  return 'dead_letter'
}

const read = (message: JsMsg): ReceivedEvent | Error => {
  try {
    return decodeEvent(message)
  } catch (thrown) {
    return toError(thrown)
  }
}

/** Takes one message from delivery to verdict. Never throws: a message that cannot be settled goes back at once. */
export const deliver = async (context: DeliveryContext, message: JsMsg): Promise<void> => {
  const endTimer = context.metrics.handleDuration.startTimer({ consumer: context.consumer })
  const heartbeat = setInterval(() => message.working(), context.ackWaitMs / 3)
  const event = read(message)
  const type = event instanceof Error ? 'unreadable' : event.type
  const working = event instanceof Error ? buryUnreadable(context, message, event) : workInSpan(context, message, event)
  const verdict = await working
    .catch((error: unknown) => handBack(context, message, type, error))
    .finally(() => clearInterval(heartbeat))
  endTimer({ type, verdict })
}
