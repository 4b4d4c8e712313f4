import type { WantedActivity } from '@slipstream/records'
import { expect, test } from 'vitest'
import type { RunState } from '../domain/open-row.ts'
import type { InboxRow } from '../domain/ports.ts'
import { lookAgain } from './look-again.ts'

const now = new Date('2026-11-26T10:00:00Z')
const told = (stravaActivityId: string, changes: Partial<WantedActivity> = {}): WantedActivity => ({
  ...{ stravaActivityId, inboxId: `in_${stravaActivityId}`, aspect: 'create', eventTime: now, asked: 1 },
  ...changes,
})

const noticeOf = (_id: string, aspectType: InboxRow['aspectType'] = 'create', eventTime = now) =>
  ({ _id, athleteId: 'ath', objectId: '7', aspectType, eventTime, receivedAt: now, updates: {} }) as InboxRow

interface Case extends Partial<WantedActivity> {
  /** Of the run that ended. */
  run?: Pick<RunState, 'outcome' | 'missing'>
  /** What was said of it since. */
  since?: InboxRow['aspectType']
  isAbsent?: boolean
  isUnchecked?: boolean
  /** It was put back since the run was asked for. */
  isPutBack?: boolean
}

/** What becomes of a notice of which a run has shown nothing. */
const after = async ({
  run = { outcome: 'succeeded' },
  since,
  isAbsent = false,
  isUnchecked = false,
  isPutBack = false,
  ...changes
}: Case = {}) => {
  const putBack: [inboxId: string, attempts: number, inMs: number][] = []
  const notSeen: string[] = []
  await lookAgain(
    {
      inbox: {
        find: async (_id) => noticeOf(_id, changes.aspect),
        saidSince: async ({ eventTime }) =>
          since ? [noticeOf('since', since, new Date(eventTime.getTime() + 1_000))] : [],
        putBack: async ({ inboxId }, { attempts, nextTryAt }) => {
          putBack.push([inboxId, attempts, nextTryAt.getTime() - now.getTime()])
          return true
        },
        giveUp: async () => !isPutBack,
      },
      clock: { now: () => now },
      facts: { notSeen: ({ objectId }: InboxRow) => void notSeen.push(objectId) },
    },
    {
      ...run,
      activities: [told('6'), told('7', changes)],
      unseen: isUnchecked || run.outcome === 'failed' ? [] : ['7'],
      absent: isAbsent ? ['7'] : [],
      unchecked: isUnchecked ? ['7'] : [],
    },
  )
  return { putBack, notSeen }
}

test.each([
  [{}, 1, 5_000],
  [{ attempts: 1 }, 2, 30_000],
  [{ attempts: 2 }, 3, 120_000],
  [{ attempts: 3 }, 4, 600_000],
])('after %j in vain comes look %i, in %i ms', async (attempts, next, inMs) => {
  expect(await after(attempts)).toEqual({ putBack: [['in_7', next, inMs]], notSeen: [] })
})

test('after the last one it is left to the next turn, and counted once', async () => {
  expect(await after({ attempts: 4 })).toEqual({ putBack: [], notSeen: ['7'] })
  expect(await after({ attempts: 4, isPutBack: true })).toEqual({ putBack: [], notSeen: [] })
})

test('what no call was left for was not looked at', async () => {
  expect(await after({ isUnchecked: true })).toEqual({ putBack: [['in_7', 0, 5_000]], notSeen: [] })
  expect(await after({ isUnchecked: true, attempts: 4 })).toEqual({ putBack: [['in_7', 4, 5_000]], notSeen: [] })
})

test('a change that a later notice has overtaken is not waited for, and what is new is until it is gone', async () => {
  const nothing = { putBack: [], notSeen: [] }
  expect(await after({ since: 'update', aspect: 'update' })).toEqual(nothing)
  expect(await after({ since: 'update', isAbsent: true })).toEqual({ putBack: [['in_7', 1, 5_000]], notSeen: [] })
  expect(await after({ since: 'delete' })).toEqual({ putBack: [['in_7', 1, 5_000]], notSeen: [] })
  expect(await after({ since: 'delete', isAbsent: true })).toEqual(nothing)
})

test('what a run that failed had still to ask for is looked for again, all of it where no list came', async () => {
  const again = (id: string) => [`in_${id}`, 1, 5_000]
  expect(await after({ run: { outcome: 'failed' } })).toEqual({ putBack: [again('6'), again('7')], notSeen: [] })
  const missing = { isListedAgain: false, toCheck: ['7'] }
  expect((await after({ run: { outcome: 'failed', missing } })).putBack).toEqual([again('7')])
  // What it had to check is known of a run that succeeded, too.
  expect((await after({ run: { outcome: 'succeeded', missing }, isUnchecked: true })).putBack).toEqual([
    ['in_7', 0, 5_000],
  ])
})
