import { expect, test, vi } from 'vitest'
import { createPace } from './pace.ts'

test('no more calls run at a time than allowed, and all get their turn in order', async () => {
  const pace = createPace({ maxConcurrent: 3, minSpacingMs: 0 })
  let running = 0
  let most = 0
  const started: number[] = []
  const gate = Promise.withResolvers<void>()
  const call = async (index: number) => {
    started.push(index)
    running += 1
    most = Math.max(most, running)
    await gate.promise
    running -= 1
    return index
  }
  const indexes = Array.from({ length: 12 }, (_, index) => index)
  const calls = Promise.all(indexes.map((index) => pace.run(() => call(index))))
  await vi.waitFor(() => expect(running).toBe(3))
  gate.resolve()
  const results = await calls
  expect(results).toEqual(indexes)
  expect(started).toEqual(indexes)
  expect(most).toBe(3)
})

test('calls start apart, also after one that failed', async () => {
  const pace = createPace({ maxConcurrent: 10, minSpacingMs: 20 })
  const startedAt: number[] = []
  const results = await Promise.allSettled(
    [1, 2, 3].map((index) =>
      pace.run(async () => {
        startedAt.push(performance.now())
        if (index === 1) throw new Error('refused')
      }),
    ),
  )
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
  const [first = 0, , third = 0] = startedAt
  expect(third - first).toBeGreaterThan(35)
})
