import { expect, test } from 'vitest'
import { describe, EmbeddedServerError } from './errors.ts'

test('the error names all that was tried and the two settings to make instead', () => {
  const error = new EmbeddedServerError('mongod', ['PATH: no mongod', 'official download: fetch failed (ENOTFOUND)'])
  expect(error.message).toBe(
    [
      'mongod could not be started. Tried:',
      '  - PATH: no mongod',
      '  - official download: fetch failed (ENOTFOUND)',
      'To use servers of your own instead, set MONGODB_URI and NATS_URL.',
    ].join('\n'),
  )
  expect(error.code).toBe('embedded_server_unavailable')
})

test('a code hidden in the cause is shown', () => {
  const cause = Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })
  expect(describe(new Error('fetch failed', { cause }))).toBe('fetch failed (ENOTFOUND)')
  expect(describe(new Error('plain'))).toBe('plain')
})
