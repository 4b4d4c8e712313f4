import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readEvent } from '../src/events/read-event.ts'
import { type GoldenEvent, golden, goldenEvents } from './support/golden.ts'

const read = ({ subject, headers, data }: GoldenEvent, body = JSON.stringify(data)) =>
  readEvent({
    subject,
    sequence: 7,
    header: (name) => headers[name] ?? '',
    body: new TextEncoder().encode(body),
  })

const types = readdirSync(join(import.meta.dirname, '../../contracts/golden/0.1/events')).map((file) =>
  file.replace('.json', ''),
)

test.each(types)('each %s of release 0.1 is read', (type) => {
  for (const event of goldenEvents(type)) {
    expect(read(event)).toMatchObject({
      kind: 'event',
      event: { type, sequence: 7, id: event.headers['ce-id'], data: event.data },
    })
  }
})

test('a field that an earlier release did not write has its default', () => {
  const { data } = golden('activity.ingested')
  const { isPowerMeasured: _left, ...workout } = data.workout as Record<string, unknown>
  expect(read(golden('activity.ingested', { data: { workout } }))).toMatchObject({
    event: { data: { workout: { isPowerMeasured: null } } },
  })
})

test('fields and values of a later release pass', () => {
  const later = golden('activity.ingested', { data: { cause: 'imported', weather: 'rain' } })
  expect(read(later)).toMatchObject({ kind: 'event', event: { data: { cause: 'imported', weather: 'rain' } } })
})

test('a type of a later release is told apart from what is wrong', () => {
  expect(read(golden('activity.ingested', { headers: { 'ce-type': 'activity.commented' } }))).toEqual({
    kind: 'unknown',
    type: 'activity.commented',
  })
  expect(read(golden('activity.ingested', { headers: { 'ce-type': 'Workout' } }))).toMatchObject({ kind: 'unknown' })
})

test.each<[string, ReturnType<typeof read>]>([
  ['not a CloudEvent 1.0', read(golden('activity.ingested', { headers: { 'ce-id': '' } }))],
  [
    'another version of activity.ingested',
    read(golden('activity.ingested', { headers: { 'ce-dataschema': 'urn:slipstream:event:activity.ingested:2' } })),
  ],
  ['no readable time', read(golden('activity.ingested', { headers: { 'ce-time': 'soon' } }))],
  ['the body is not JSON in UTF-8', read(golden('activity.ingested'), '{"athleteId":')],
  [
    'activity.deleted does not match: /version type',
    read(
      golden('activity.ingested', {
        headers: { 'ce-type': 'activity.deleted', 'ce-dataschema': 'urn:slipstream:event:activity.deleted:1' },
        data: { reason: 'expired', version: 'secret' },
      }),
    ),
  ],
])('what cannot be read is said without a value of it: %s', (reason, reading) => {
  expect(reading).toEqual({ kind: 'invalid', reason })
})
