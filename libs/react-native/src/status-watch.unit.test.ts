import type { Status } from '@slipstream/contracts'
import { actionableError } from '@slipstream/contracts/errors'
import { expect, test } from 'vitest'
import type { Answer } from './ports.ts'
import { type WatchedStatus, watchStatus } from './status-watch.ts'

const syncing = { status: 'active', lastSync: null, sync: { runId: 'run_1' } } as Status
const calm = { status: 'active', lastSync: { finishedAt: '2026-11-26T18:00:00Z' }, sync: null } as Status
const done = (body: Status): Answer<Status> => ({ kind: 'done', body })
const gone: Answer<Status> = {
  ...{ kind: 'refused', error: actionableError('service_unavailable'), isFinal: false, retryAfterMs: null },
}

test('asks often while something is under way, keeps what was known when nobody answers, and ends', async () => {
  const answers = [gone, done(syncing), gone, done(calm), done(calm)]
  const seen: WatchedStatus[] = []
  const pauses: number[] = []
  const watching = new AbortController()
  await watchStatus(
    {
      api: { status: async () => answers.shift() ?? gone },
      clock: {
        wait: async (milliseconds) => {
          pauses.push(milliseconds)
          if (answers.length === 1) watching.abort()
        },
      },
    },
    (watched) => seen.push(watched),
    watching.signal,
  )
  const error = actionableError('service_unavailable')
  expect(seen).toEqual([
    { status: null, error },
    { status: syncing, error: null },
    { status: syncing, error },
    { status: calm, error: null },
  ])
  expect(pauses).toEqual([3_000, 3_000, 3_000, 30_000])
})
