import { expect, test } from 'vitest'
import { canSubscribe } from './push-subscription.ts'

test.each([
  ['https://train.example', 'https://www.strava.com/api/v3', true],
  ['http://train.example', 'https://www.strava.com/api/v3', false],
  ['http://localhost:3000', 'https://www.strava.com/api/v3', false],
  ['http://localhost:3000', 'http://localhost:4400/api/v3', true],
])('Strava is asked to push to %s through %s: %s', (publicUrl, apiBaseUrl, expected) => {
  expect(canSubscribe({ publicUrl, apiBaseUrl })).toBe(expected)
})
