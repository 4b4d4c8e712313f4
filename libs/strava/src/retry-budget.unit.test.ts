import { expect, test } from 'vitest'
import { createRetryBudget } from './retry-budget.ts'

const retriesIn = (calls: number, budget = createRetryBudget()) => {
  let retries = 0
  for (let call = 0; call < calls; call += 1) {
    budget.earn()
    for (let attempt = 0; attempt < 2 && budget.spend(); attempt += 1) retries += 1
  }
  return retries
}

test('a few failures are retried at once', () => {
  expect(retriesIn(2)).toBe(4)
})

test('when every call fails, retries add a tenth', () => {
  expect(retriesIn(10_000)).toBe(1_004)
})

test('a quiet time saves up no more than a burst of five', () => {
  const budget = createRetryBudget()
  for (let call = 0; call < 1_000; call += 1) budget.earn()
  let retries = 0
  while (budget.spend()) retries += 1
  expect(retries).toBe(5)
})
