import { type EventData, type EventType, eventData, type OutboxEvent } from '@slipstream/contracts'
import { currentTraceparent } from '@slipstream/telemetry'
import { describeMismatch } from './envelope.ts'
import { ContractError } from './errors.ts'

/**
 * Makes an event for the outbox of the document whose change it tells; the active trace goes with it.
 * @throws ContractError when the data does not match the event's schema: better here than at every receiver.
 */
export const newEvent = <Type extends EventType>(
  type: Type,
  data: EventData<Type>,
  { id, now }: { id: string; now: Date },
): OutboxEvent<Type> => {
  const checked = eventData[type].safeParse(data)
  if (!checked.success) throw new ContractError(`cannot make ${type}: ${describeMismatch(checked.error)}`)
  const traceparent = currentTraceparent()
  return { id, type, data, occurredAt: now, ...(traceparent === undefined ? {} : { traceparent }) }
}
