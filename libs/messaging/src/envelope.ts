import { headers, type MsgHdrs } from '@nats-io/transport-node'
import {
  dataSchemaOf,
  type EventData,
  type EventType,
  eventData,
  eventTypes,
  type OutboxEvent,
  subjectOf,
} from '@slipstream/contracts'
import { ContractError } from './errors.ts'

/** A message as it is on the wire: CloudEvents 1.0, binary mode (attributes in headers, data as JSON body). */
export interface Envelope {
  subject: string
  headers: MsgHdrs
  body: string
}

/** A message that was read and matched its schema. */
export type ReceivedEvent = {
  [Type in EventType]: { id: string; type: Type; data: EventData<Type>; time: Date; traceparent: string | undefined }
}[EventType]

export const encodeEvent = (event: OutboxEvent, source: string): Envelope => {
  const attributes: Record<string, string> = {
    'ce-specversion': '1.0',
    'ce-id': event.id,
    'ce-type': event.type,
    'ce-source': source,
    'ce-time': event.occurredAt.toISOString(),
    'ce-subject': event.data.athleteId,
    'ce-dataschema': dataSchemaOf(event.type),
    'content-type': 'application/json',
  }
  if (event.traceparent !== undefined) attributes.traceparent = event.traceparent
  const head = headers()
  for (const [name, value] of Object.entries(attributes)) head.set(name, value)
  return { subject: subjectOf(event), headers: head, body: JSON.stringify(event.data) }
}

interface SchemaMismatch {
  issues: readonly { path: readonly PropertyKey[]; code?: string | undefined }[]
}

/** Names the fields that do not match and how; values are personal data and stay out. */
export const describeMismatch = (error: SchemaMismatch): string =>
  error.issues.map(({ path, code }) => `${path.join('.') || 'data'} (${code ?? 'invalid'})`).join(', ')

const isEventType = (value: string): value is EventType => (eventTypes as readonly string[]).includes(value)

const parseJson = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    // The parser's own message quotes the body, which may be personal data; a cause would be logged with it.
    throw new ContractError('the body is not JSON in UTF-8')
  }
}

/** Absent headers and absent attributes are the same to a reader. */
const attribute = (head: MsgHdrs | undefined, name: string): string => head?.get(name) ?? ''

/**
 * Reads a message back.
 * @throws ContractError when it is not a CloudEvent of a known type and version, or its data does not match.
 */
export const decodeEvent = (message: { headers?: MsgHdrs | undefined; data: Uint8Array }): ReceivedEvent => {
  const head = message.headers
  const id = attribute(head, 'ce-id')
  const type = attribute(head, 'ce-type')
  const time = new Date(attribute(head, 'ce-time'))
  if (attribute(head, 'ce-specversion') !== '1.0' || id === '') throw new ContractError('not a CloudEvent 1.0')
  if (!isEventType(type)) throw new ContractError('unknown event type')
  if (attribute(head, 'ce-dataschema') !== dataSchemaOf(type)) throw new ContractError(`unknown version of ${type}`)
  if (Number.isNaN(time.getTime())) throw new ContractError(`${type} has no readable time`)
  const parsed = eventData[type].safeParse(parseJson(message.data))
  if (!parsed.success) throw new ContractError(`${type} does not match: ${describeMismatch(parsed.error)}`)
  const traceparent = attribute(head, 'traceparent') || undefined
  return { id, type, data: parsed.data, time, traceparent } as ReceivedEvent
}
