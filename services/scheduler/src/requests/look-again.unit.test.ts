import { expect, test } from 'vitest'
import type { InboxRow } from '../domain/ports.ts'
import { lookAgain } from './look-again.ts'

const now = new Date('2026-11-26T10:00:00Z')

/** What becomes of a notice that was looked at so often before, in vain. */
const after = async (attempts: number | undefined) => {
  const putOff: [attempts: number, inMs: number][] = []
  const notSeen: string[] = []
  const row = { _id: 'in_1', athleteId: 'ath', objectId: '7', ...(attempts !== undefined && { attempts }) } as InboxRow
  await lookAgain(
    {
      inbox: {
        creationsOf: async () => [row],
        putOff: async (_id, next, at) => void putOff.push([next, at.getTime() - now.getTime()]),
      },
      clock: { now: () => now },
      facts: { notSeen: (_athleteId, stravaActivityId) => void notSeen.push(stravaActivityId) },
    },
    { linkId: 'lnk', unseen: ['7'] },
  )
  return { putOff, notSeen }
}

test.each([
  [undefined, 1, 5_000],
  [1, 2, 30_000],
  [2, 3, 120_000],
  [3, 4, 600_000],
])('after %j looks in vain comes look %i, in %i ms', async (attempts, next, inMs) => {
  expect(await after(attempts)).toEqual({ putOff: [[next, inMs]], notSeen: [] })
})

test('after the last one it is left to the next turn', async () => {
  expect(await after(4)).toEqual({ putOff: [], notSeen: ['7'] })
})
