import { expect, test } from 'vitest'
import type { InboxRow } from '../domain/ports.ts'
import { lookAgain } from './look-again.ts'

const now = new Date('2026-11-26T10:00:00Z')
const told = (stravaActivityId: string, aspect: 'create' | 'update' = 'create') => ({
  ...{ stravaActivityId, inboxId: `in_${stravaActivityId}`, aspect, eventTime: now, asked: 1 },
})

interface Case {
  takenAt: Date | null
  isOvertaken: boolean
  aspect: 'create' | 'update'
}

/** What becomes of a notice that was looked at so often before, in vain. */
const after = async (
  attempts: number | undefined,
  { takenAt = now, isOvertaken = false, aspect = 'create' }: Partial<Case> = {},
) => {
  const putOff: [inboxId: string, attempts: number, inMs: number][] = []
  const notSeen: string[] = []
  await lookAgain(
    {
      inbox: {
        find: async (_id) =>
          ({ _id, athleteId: 'ath', objectId: '7', takenAt, ...(attempts !== undefined && { attempts }) }) as InboxRow,
        isOvertaken: async () => isOvertaken,
        putOff: async (inboxId, next, at) => void putOff.push([inboxId, next, at.getTime() - now.getTime()]),
      },
      clock: { now: () => now },
      facts: { notSeen: ({ objectId }: InboxRow) => void notSeen.push(objectId) },
    },
    { activities: [told('6'), told('7', aspect)], unseen: ['7'] },
  )
  return { putOff, notSeen }
}

test.each([
  [undefined, 1, 5_000],
  [1, 2, 30_000],
  [2, 3, 120_000],
  [3, 4, 600_000],
])('after %j looks in vain comes look %i, in %i ms', async (attempts, next, inMs) => {
  expect(await after(attempts)).toEqual({ putOff: [['in_7', next, inMs]], notSeen: [] })
})

test('after the last one it is left to the next turn', async () => {
  expect(await after(4)).toEqual({ putOff: [], notSeen: ['7'] })
})

test('what waits already stays as it is', async () => {
  expect(await after(1, { takenAt: null })).toEqual({ putOff: [], notSeen: [] })
})

test('a change that a later notice has overtaken is not waited for, and what is new is', async () => {
  expect(await after(undefined, { isOvertaken: true, aspect: 'update' })).toEqual({ putOff: [], notSeen: [] })
  expect(await after(undefined, { isOvertaken: true })).toEqual({ putOff: [['in_7', 1, 5_000]], notSeen: [] })
})
