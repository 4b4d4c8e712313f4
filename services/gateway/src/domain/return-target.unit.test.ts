import { linkTokenRequestSchema } from '@slipstream/contracts'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { errorDeepLink, errorPage, linkedPage, resultDeepLink } from './return-target.ts'

test('the page gets the outcome beside a query of its own', () => {
  expect(linkedPage('https://app.example/start?lang=de', null, null)).toBe(
    'https://app.example/start?lang=de&strava=linked',
  )
  expect(linkedPage('https://app.example/start', '/training#week', 'rcp_1')).toBe(
    'https://app.example/training?strava=linked&receipt=rcp_1#week',
  )
  expect(errorPage('http://localhost:3000', null, 'consent_denied')).toBe(
    'http://localhost:3000/?strava=error&code=consent_denied',
  )
})

test('the deep link carries one thing', () => {
  expect(resultDeepLink('coachai://oauth/strava', 'abc')).toBe('coachai://oauth/strava?result=abc')
  expect(errorDeepLink('https://app.example/linked', 'app_full')).toBe('https://app.example/linked?error=app_full')
})

test('no return path that the API accepts leads to another site', () => {
  const pieces = fc.constantFrom('/', '//', '\\', '.', '..', 'evil.com', '@', ':', 'https:', '#', '%2f', '\t', 'a', '?')
  const paths = fc.array(pieces, { maxLength: 8 }).map((parts) => `/${parts.join('')}`)
  const accepted = paths.filter((returnTo) => linkTokenRequestSchema.safeParse({ platform: 'web', returnTo }).success)
  fc.assert(
    fc.property(accepted, (returnTo) => {
      expect(new URL(linkedPage('https://app.example/start', returnTo, null)).origin).toBe('https://app.example')
    }),
    { numRuns: 1000 },
  )
})
