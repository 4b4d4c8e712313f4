import { expect, test } from 'vitest'
import { isStoreAway } from './store-away.ts'

const errorOf = (name: string, labels: string[] = []) =>
  Object.assign(new Error('from the driver'), { name, hasErrorLabel: (label: string) => labels.includes(label) })

test.each([
  ['no server can be reached', errorOf('MongoServerSelectionError'), true],
  ['the connection broke', errorOf('MongoNetworkError'), true],
  ['mongoose is not connected', errorOf('MongooseError'), true],
  ['a primary steps down', errorOf('MongoServerError', ['RetryableWriteError']), true],
  ['the server refuses', errorOf('MongoServerError'), false],
  ['a bug', new TypeError('x is not a function'), false],
  ['no error at all', 'MongoNetworkError', false],
])('%s', (_, error, isAway) => {
  expect(isStoreAway(error)).toBe(isAway)
})
