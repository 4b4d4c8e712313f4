import { headers, type MsgHdrs } from '@nats-io/transport-node'
import { eventData, type OutboxEvent } from '@slipstream/contracts'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeEvent, type Envelope, encodeEvent } from './envelope.ts'
import { ContractError } from './errors.ts'
import { newEvent } from './new-event.ts'

const now = new Date('2026-11-21T10:00:00.123Z')
const source = 'slipstream/gateway'

const linked = (changes: object = {}) =>
  newEvent(
    'athlete.linked',
    {
      athleteId: 'ath_1',
      linkId: 'lnk_1',
      stravaAthleteId: '9007199254740993',
      scopes: ['read', 'activity:read_all'],
      linkedAt: '2026-11-21T10:00:00Z',
      ...changes,
    },
    { id: 'evt_1', now },
  )

const received = ({ headers: head, body }: Envelope) => ({ headers: head, data: new TextEncoder().encode(body) })

/** The wire form of `linked()` with some headers replaced or, given as undefined, left out. */
const withHeaders = (changes: Record<string, string | undefined>) => {
  const envelope = encodeEvent(linked(), source)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) envelope.headers.delete(name)
    else envelope.headers.set(name, value)
  }
  return received(envelope)
}

const withBody = (body: string | Uint8Array) => ({
  ...received(encodeEvent(linked(), source)),
  data: typeof body === 'string' ? new TextEncoder().encode(body) : body,
})

const toRecord = (head: MsgHdrs) => Object.fromEntries([...head].map(([name, values]) => [name, values.join()]))

test('an event becomes a CloudEvent in binary mode', () => {
  const { subject, headers: head, body } = encodeEvent({ ...linked(), traceparent: '00-aa-bb-01' }, source)
  expect(subject).toBe('athlete.linked.ath_1')
  expect(toRecord(head)).toEqual({
    'ce-specversion': '1.0',
    'ce-id': 'evt_1',
    'ce-type': 'athlete.linked',
    'ce-source': 'slipstream/gateway',
    'ce-time': '2026-11-21T10:00:00.123Z',
    'ce-subject': 'ath_1',
    'ce-dataschema': 'urn:slipstream:event:athlete.linked:1',
    'content-type': 'application/json',
    traceparent: '00-aa-bb-01',
  })
  expect(JSON.parse(body)).toMatchObject({ athleteId: 'ath_1', stravaAthleteId: '9007199254740993' })
})

const token = fc.stringMatching(/^[A-Za-z0-9_-]{1,32}$/)
const time = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true })
const instant = time.map((value) => value.toISOString())

const anyEvent: fc.Arbitrary<OutboxEvent> = fc.oneof(
  fc
    .record({
      id: token,
      data: fc.record({
        athleteId: token,
        linkId: fc.string(),
        stravaAthleteId: fc.string({ unit: 'binary' }),
        scopes: fc.array(fc.string({ unit: 'grapheme' })),
        linkedAt: instant,
      }),
      now: time,
    })
    .map(({ id, data, now: occurredAt }) => newEvent('athlete.linked', data, { id, now: occurredAt })),
  fc
    .record({
      id: token,
      data: fc.record({
        athleteId: token,
        workoutId: fc.string(),
        stravaActivityId: fc.string(),
        version: fc.integer({ min: 1 }),
        reason: fc.string({ unit: 'grapheme' }),
      }),
      now: time,
    })
    .map(({ id, data, now: occurredAt }) => newEvent('activity.deleted', data, { id, now: occurredAt })),
)

test('what is encoded is decoded to the same', () => {
  fc.assert(
    fc.property(anyEvent, (event) => {
      const decoded = decodeEvent(received(encodeEvent(event, source)))
      expect(decoded).toEqual({
        id: event.id,
        type: event.type,
        data: JSON.parse(JSON.stringify(event.data)),
        time: event.occurredAt,
        traceparent: undefined,
      })
    }),
  )
})

test('whatever arrives is either an event or a ContractError', () => {
  const head = fc.dictionary(
    fc.constantFrom('ce-specversion', 'ce-id', 'ce-type', 'ce-time', 'ce-dataschema', 'traceparent'),
    fc.oneof(fc.constantFrom('1.0', ...Object.keys(eventData), 'urn:slipstream:event:athlete.linked:1'), fc.string()),
  )
  fc.assert(
    fc.property(
      head,
      fc.oneof(
        fc.uint8Array(),
        fc.json().map((text) => new TextEncoder().encode(text)),
      ),
      (fields, data) => {
        const message = headers()
        for (const [name, value] of Object.entries(fields)) message.set(name, value.replace(/[\r\n]/g, ''))
        try {
          decodeEvent({ headers: message, data })
        } catch (error) {
          expect(error).toBeInstanceOf(ContractError)
        }
      },
    ),
  )
})

describe('refused messages', () => {
  test.each([
    ['no headers at all', { data: new TextEncoder().encode('{}') }, 'not a CloudEvent 1.0'],
    ['no id', withHeaders({ 'ce-id': undefined }), 'not a CloudEvent 1.0'],
    ['another CloudEvents version', withHeaders({ 'ce-specversion': '2.0' }), 'not a CloudEvent 1.0'],
    ['an unknown type', withHeaders({ 'ce-type': 'athlete.promoted' }), 'unknown event type'],
    ['a name every object has', withHeaders({ 'ce-type': 'constructor' }), 'unknown event type'],
    [
      'an unknown version',
      withHeaders({ 'ce-dataschema': 'urn:slipstream:event:athlete.linked:2' }),
      'unknown version',
    ],
    ['no time', withHeaders({ 'ce-time': undefined }), 'no readable time'],
    ['a body that is not JSON', withBody('{"athleteId":'), 'not JSON'],
    ['a body that is not UTF-8', withBody(new Uint8Array([0x22, 0xff, 0x22])), 'not JSON'],
    ['no body', withBody(''), 'not JSON'],
    ['a body of another shape', withBody('[]'), 'athlete.linked does not match'],
  ])('%s', (_, message, reason) => {
    expect(() => decodeEvent(message)).toThrow(ContractError)
    expect(() => decodeEvent(message)).toThrow(reason)
  })

  test('a mismatch names the field and keeps its value to itself', () => {
    const body = {
      athleteId: 'ath_1',
      linkId: 7,
      stravaAthleteId: 'private',
      scopes: ['read', 5],
      linkedAt: 'yesterday',
    }
    const decode = () => decodeEvent(withBody(JSON.stringify(body)))
    expect(decode).toThrow('linkId (invalid_type), scopes.1 (invalid_type), linkedAt (invalid_format)')
    expect(decode).not.toThrow(/private|yesterday/)
  })
})

test('unknown fields are dropped: within a version they may only be added', () => {
  const body = JSON.stringify({ ...linked().data, colour: 'blue' })
  expect(decodeEvent(withBody(body)).data).toEqual(linked().data)
})

test.each(['ath 1', 'ath.1', 'ath.>', '*', ''])(
  'an athleteId that is no subject token makes no event: %j',
  (athleteId) => {
    expect(() => linked({ athleteId })).toThrow(ContractError)
  },
)
