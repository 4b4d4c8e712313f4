import { expect, test, vi } from 'vitest'
import { sharedRead } from './shared-read.ts'

test('one read answers all who ask while it is under way, and the next who asks has it read anew', async () => {
  const read = vi.fn(async () => ({}))
  const shared = sharedRead(read)
  const [one, other] = await Promise.all([shared(), shared()])
  expect(other).toBe(one)
  expect(await shared()).not.toBe(one)
  expect(read).toHaveBeenCalledTimes(2)
})

test('a read that failed is not kept', async () => {
  const read = vi.fn(async () => 'answer').mockRejectedValueOnce(new Error('away'))
  const shared = sharedRead(read)
  await expect(shared()).rejects.toThrow('away')
  expect(await shared()).toBe('answer')
})
