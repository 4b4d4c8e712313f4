import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseJson } from './json.ts'

test('integers of any size keep all their digits', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }), (id) => {
      const reading = parseJson(`{"efforts":[{"id":${id}}]}`)
      expect('data' in reading && reading.data).toEqual({
        efforts: [{ id: Number.isSafeInteger(Number(id)) ? Number(id) : String(id) }],
      })
    }),
  )
})

test('fractions, texts of digits and everything else stay as they are', () => {
  const value = { distance: 12034.5, huge: 1e300, text: '2947197241971379348', none: null, list: [], yes: true }
  expect(parseJson(JSON.stringify(value))).toEqual({ data: value })
})

test.each(['', '<html>bad gateway</html>', '{"access_token":"abc'])('%j is a problem that quotes nothing', (text) => {
  expect(parseJson(text)).toEqual({ problem: 'answer is not JSON' })
})
