import { expect, it } from 'vitest'
import { repeat } from './repeat.ts'

it('goes on after a turn that failed, and reports it', async () => {
  const errors: unknown[] = []
  let turns = 0
  const thirdTurn = Promise.withResolvers<void>()
  const repetition = repeat(
    async () => {
      turns += 1
      if (turns === 1) throw new Error('first turn')
      if (turns === 3) thirdTurn.resolve()
    },
    { everyMs: 1, onError: (error) => errors.push(error) },
  )
  await thirdTurn.promise
  await repetition.stop()
  expect(errors).toEqual([new Error('first turn')])
})

it('tells a turn under way of the stop', async () => {
  const begun = Promise.withResolvers<AbortSignal>()
  const repetition = repeat(
    (signal) => {
      begun.resolve(signal)
      return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
    },
    { everyMs: 3_600_000, onError: () => {} },
  )
  expect((await begun.promise).aborted).toBe(false)
  await repetition.stop()
})

it('stops at once between turns, and waits for a turn under way', async () => {
  const begun = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  let ended = false
  const repetition = repeat(
    async () => {
      begun.resolve()
      await release.promise
      ended = true
    },
    { everyMs: 3_600_000, onError: () => {} },
  )
  await begun.promise
  const stopped = repetition.stop()
  expect(ended).toBe(false)
  release.resolve()
  await stopped
  expect(ended).toBe(true)
})
