import { Ajv, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'
import type { EventDataByType } from '../generated/contracts.ts'
import { eventSchemas } from '../generated/event-schemas.ts'

export type EventType = keyof EventDataByType

/** An event of Slipstream, read and checked. */
export type SlipstreamEvent<Type extends EventType = EventType> = {
  [Each in Type]: {
    /** The same whenever the event is told again. */
    id: string
    type: Each
    athleteId: string
    /** When it happened. */
    time: Date
    data: EventDataByType[Each]
    /** Place in the stream. */
    sequence: number
    /** W3C trace context of the work that made it. */
    traceparent: string | null
  }
}[Type]

/** A message as NATS brings it. */
export interface RawMessage {
  subject: string
  sequence: number
  /** The value of a header, '' where there is none. */
  header(name: string): string
  body: Uint8Array
}

/** @param message of a consumer, or read from the stream: the one calls its headers `headers`, the other `header` */
export const rawMessage = (
  { subject, seq, data }: { subject: string; seq: number; data: Uint8Array },
  headers: { get(name: string): string } | undefined,
): RawMessage => ({ subject, sequence: seq, header: (name) => headers?.get(name) ?? '', body: data })

export type Reading =
  | { kind: 'event'; event: SlipstreamEvent }
  /** Of a later release. */
  | { kind: 'unknown'; type: string }
  /** `reason` names fields and never their values, which are personal data. */
  | { kind: 'invalid'; reason: string }

const compileChecks = (): Readonly<Record<string, ValidateFunction>> => {
  // Defaults stand in for fields that earlier releases did not write; fields of later releases stay as they are.
  const ajv = new Ajv({ useDefaults: true, allErrors: true, strict: false })
  addFormats.default(ajv, ['date-time', 'date', 'uri'])
  ajv.addSchema({ $id: 'events', definitions: eventSchemas })
  return Object.fromEntries(
    Object.keys(eventSchemas).map((type) => [type, ajv.compile({ $ref: `events#/definitions/${type}` })]),
  )
}

const checks = compileChecks()

const invalid = (reason: string): Reading => ({ kind: 'invalid', reason })

const parseJson = (body: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch {
    return undefined
  }
}

const describe = ({ errors }: ValidateFunction): string =>
  (errors ?? [])
    .map(({ instancePath, keyword, params }) =>
      `${instancePath || '/'} ${keyword} ${params.missingProperty ?? ''}`.trim(),
    )
    .join(', ')

/** Reads a CloudEvent 1.0 in binary mode: attributes in headers, data in the body. */
export const readEvent = ({ header, body, sequence }: RawMessage): Reading => {
  const id = header('ce-id')
  const type = header('ce-type')
  if (header('ce-specversion') !== '1.0' || id === '' || type === '') return invalid('not a CloudEvent 1.0')
  const check = checks[type]
  if (check === undefined || type === 'Workout') return { kind: 'unknown', type }
  if (header('ce-dataschema') !== `urn:slipstream:event:${type}:1`) return invalid(`another version of ${type}`)
  const time = new Date(header('ce-time'))
  if (Number.isNaN(time.getTime())) return invalid('no readable time')
  const data = parseJson(body)
  if (data === undefined) return invalid('the body is not JSON in UTF-8')
  if (!check(data)) return invalid(`${type} does not match: ${describe(check)}`)
  const { athleteId } = data as { athleteId: string }
  const traceparent = header('traceparent') || null
  return { kind: 'event', event: { id, type, athleteId, time, data, sequence, traceparent } as SlipstreamEvent }
}
