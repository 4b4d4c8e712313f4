import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decodeCursor, encodeCursor } from './cursor.ts'

const ids = fc.stringMatching(/^wko_[0-9a-f]{8}$/)
const times = fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })

test('a cursor comes back as it went', () => {
  fc.assert(
    fc.property(times, ids, (at, id) => {
      expect(decodeCursor(encodeCursor({ at, id }))).toEqual({ at, id })
    }),
  )
})

test('text that is no cursor is refused, whatever it is', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      expect(() => decodeCursor(text)).toThrow(expect.objectContaining({ code: 'invalid_request' }))
    }),
  )
})

test.each([
  ['no id', '2026-01-01T00:00:00.000Z|'],
  ['no time', '|wko_1'],
  ['a third part', '2026-01-01T00:00:00.000Z|wko_1|x'],
  ['an operator for an id', '2026-01-01T00:00:00.000Z|{"$gt":""}'],
  ['a time written otherwise', '2026-01-01|wko_1'],
])('a cursor made by hand is refused: %s', (_what, text) => {
  expect(() => decodeCursor(Buffer.from(text).toString('base64url'))).toThrow(
    expect.objectContaining({ code: 'invalid_request' }),
  )
})
