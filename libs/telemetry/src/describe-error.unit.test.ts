import { describe, expect, it, test } from 'vitest'
import { describeError } from './describe-error.ts'

const errorWith = (fields: object, options?: ErrorOptions) => Object.assign(new Error('call failed', options), fields)

describe('what was foreseen is logged without a stack:', () => {
  test.each([
    ['an error of our own', { name: 'StravaError', code: 'strava_transient' }],
    ['a connection that is refused', { code: 'ECONNREFUSED' }],
    ['a time-out of fetch', { code: 'UND_ERR_HEADERS_TIMEOUT' }],
    ['MongoDB away', { name: 'MongoServerSelectionError' }],
    ['a primary that steps down', { name: 'MongoServerError', code: 10107, hasErrorLabel: () => true }],
    ['NATS away', { name: 'ClosedConnectionError' }],
    ['NATS that is frozen', { name: 'JetStreamError' }],
    ['NATS that shuts down', { name: 'JetStreamStatusError', code: 409 }],
    ['a wait that was cut short', { name: 'TimeoutError' }],
  ])('%s', (_, fields) => {
    const { name = 'Error', code } = fields as { name?: string; code?: unknown }
    expect(describeError(errorWith(fields))).toEqual({ name, code, message: 'call failed' })
  })
})

describe('what nobody foresaw keeps its stack:', () => {
  test.each([
    ['a bug', new TypeError('x is not a function')],
    ['a refusal of Node', errorWith({ code: 'ERR_INVALID_ARG_TYPE' })],
    ['a refusal of MongoDB', errorWith({ name: 'MongoServerError', code: 11000, hasErrorLabel: () => false })],
  ])('%s', (_, error) => {
    expect(describeError(error)).toMatchObject({ message: error.message, stack: error.stack })
  })

  it('with those of its causes', () => {
    const cause = new RangeError('out of range')
    const { cause: inShort, stack } = describeError(new Error('bad', { cause }))
    expect(inShort).toBe('RangeError: out of range')
    expect(stack).toContain(`\ncaused by: ${cause.stack}`)
  })
})

it('tells the chain of causes in one line', () => {
  const socket = errorWith({ code: 'ECONNRESET' })
  const fetching = new TypeError('fetch failed', { cause: socket })
  expect(describeError(errorWith({ code: 'strava_network' }, { cause: fetching }))).toEqual({
    ...{ name: 'Error', code: 'strava_network', message: 'call failed' },
    cause: 'TypeError: fetch failed <- Error ECONNRESET: call failed',
  })
})

it('comes to an end with a cause that leads back to itself', () => {
  const error = errorWith({ code: 'transient' })
  error.cause = error
  expect(String(describeError(error).cause).split(' <- ')).toHaveLength(5)
})

it('leaves out all other properties, of the causes as well', () => {
  const cause = errorWith({ headers: { authorization: 'Bearer canary' } })
  const described = describeError(errorWith({ url: 'https://x/?canary' }, { cause }))
  expect(JSON.stringify(described)).not.toContain('canary')
})

it('takes anything that was thrown', () => {
  expect(describeError('oops')).toEqual({ message: 'oops' })
})
