import { beforeEach, expect, test, vi } from 'vitest'
import { inBatches } from './in-batches.ts'

const limitMs = 1_500

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
  return () => vi.useRealTimers()
})

/** Work that ends when it is told to, and what it was given. */
const held = () => {
  const given: { items: readonly number[]; end: PromiseWithResolvers<readonly string[]> }[] = []
  const ask = inBatches(
    (items: readonly number[]) => {
      const end = Promise.withResolvers<readonly string[]>()
      given.push({ items, end })
      return end.promise
    },
    { limitMs },
  )
  const end = (index: number) => given[index]?.end.resolve(given[index].items.map((item) => `${item} done`))
  const fail = (index: number, error: Error) => given[index]?.end.reject(error)
  return { ask, end, fail, itemsGiven: () => given.map(({ items }) => items) }
}

test('what is asked for alone is done at once', async () => {
  const { ask, end, itemsGiven } = held()
  const answer = ask(1)
  expect(itemsGiven()).toEqual([[1]])
  end(0)
  expect(await answer).toBe('1 done')
})

test('what is asked for while work is under way is done together, and each gets its own answer', async () => {
  const { ask, end, itemsGiven } = held()
  const answers = [1, 2, 3, 4, 5].map(ask)
  expect(itemsGiven()).toEqual([[1], [2]])
  end(1)
  expect(await answers[1]).toBe('2 done')
  await expect.poll(itemsGiven).toEqual([[1], [2], [3, 4, 5]])
  end(0)
  end(2)
  expect(await Promise.all(answers)).toEqual(['1 done', '2 done', '3 done', '4 done', '5 done'])
})

test('no more than a hundred are done together', async () => {
  const { ask, end, itemsGiven } = held()
  for (let item = 0; item < 152; item += 1) void ask(item)
  end(0)
  await expect.poll(() => itemsGiven().map(({ length }) => length)).toEqual([1, 1, 100])
  end(1)
  await expect.poll(() => itemsGiven().map(({ length }) => length)).toEqual([1, 1, 100, 50])
})

test('a failure is that of all who were done together, and the next is done all the same', async () => {
  const { ask, end, fail, itemsGiven } = held()
  const [one, other, third] = [ask(1), ask(2), ask(3)]
  fail(0, new Error('gone'))
  await expect(one).rejects.toThrow('gone')
  await expect.poll(itemsGiven).toEqual([[1], [2], [3]])
  end(1)
  end(2)
  expect([await other, await third]).toEqual(['2 done', '3 done'])
})

test('work that hangs is given up in time, and makes room for the next', async () => {
  const { ask, end, itemsGiven } = held()
  const hanging = [ask(1), ask(2)]
  const refused = Promise.all(hanging.map((answer) => expect(answer).rejects.toMatchObject({ code: 'overdue' })))
  await vi.advanceTimersByTimeAsync(1_000)
  const third = ask(3)
  await vi.advanceTimersByTimeAsync(limitMs - 1_000)
  await refused
  expect(itemsGiven()).toEqual([[1], [2], [3]])
  end(2)
  expect(await third).toBe('3 done')
})

test('what has waited for too long is not begun', async () => {
  const { ask, end, itemsGiven } = held()
  const hanging = [ask(1), ask(2)].map((answer) => expect(answer).rejects.toMatchObject({ code: 'overdue' }))
  const third = expect(ask(3)).rejects.toMatchObject({ code: 'overdue' })
  await vi.advanceTimersByTimeAsync(limitMs)
  await Promise.all([...hanging, third])
  const fourth = ask(4)
  expect(itemsGiven()).toEqual([[1], [2], [4]])
  end(2)
  expect(await fourth).toBe('4 done')
})

test('what comes while too much waits is refused at once, and later served again', async () => {
  const { ask, end, itemsGiven } = held()
  const answers = Array.from({ length: 502 }, (_, item) => ask(item))
  await expect(ask(502)).rejects.toMatchObject({ code: 'overdue' })
  end(0)
  await vi.waitUntil(() => itemsGiven().length > 2)
  answers.push(ask(503))
  for (let batch = 1; batch <= 7; batch += 1) {
    await vi.waitUntil(() => itemsGiven().length > batch)
    end(batch)
  }
  expect(await Promise.all(answers)).toHaveLength(503)
  expect(itemsGiven().flat()).not.toContain(502)
})
