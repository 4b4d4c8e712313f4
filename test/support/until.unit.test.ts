import { expect, test } from 'vitest'
import { until } from './until.ts'

test('a wait that was meant to be short is a patient one, too', async () => {
  const readyAt = Date.now() + 200
  const attempt = async () => {
    if (Date.now() < readyAt) throw new Error('not yet')
    return 'there'
  }
  expect(await until(0, attempt)).toBe('there')
})
