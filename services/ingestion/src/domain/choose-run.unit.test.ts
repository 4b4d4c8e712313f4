import type { Want } from '@slipstream/records'
import { describe, expect, it } from 'vitest'
import { beginRun, chooseRun, needlessRun, type Wanted } from './choose-run.ts'
import type { SyncRun } from './decide-run.ts'

const now = new Date('2026-11-21T10:00:00Z')
const dayMs = 86_400_000
const days = (count: number) => new Date(now.getTime() + count * dayMs)

const want = (asked: number, answered: number, runId: string, rest: Partial<Want> = {}): Want => ({
  ...{ asked, answered, runId, cause: 'hourly', windowDays: 28, requestedAt: days(-1) },
  ...rest,
})
const wanted = (wants: Wanted['wants']): Wanted => ({ requestedVersion: 9, wants })
const run = (rest: Partial<SyncRun>): SyncRun => ({
  ...{ _id: 'run_1', athleteId: 'athlete_1', linkId: 'link_1', lane: 'scheduled', cause: 'hourly' },
  ...{ window: { after: days(-30), before: days(-1) }, requestedVersion: 4, laneVersion: 4, requestedAt: days(-2) },
  ...{ state: 'queued', nextPage: 1, resumeAt: null, startedAt: null, finishedAt: null, outcome: null },
  counts: { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls: 0 },
  ...{ errorCode: null, leaseOwner: null, leaseUntil: null, fence: 0 },
  ...rest,
})
const begun = { startedAt: days(-1) }
const open = want(4, 3, 'run_1')

describe('the run a wake-up is for', () => {
  const own = run({})
  const taken = run({ _id: 'run_2', lane: 'interactive', ...begun, answers: { interactive: 5, scheduled: 4 } })
  it.each([
    ['the open run of the lane', wanted({ scheduled: open }), [own], { kind: 'continue', run: own }],
    [
      'the open run of the lane, though something newer is wanted',
      wanted({ scheduled: want(8, 3, 'run_8') }),
      [own],
      { kind: 'continue', run: own },
    ],
    ['the open run of the lane, though the row is gone', null, [own], { kind: 'continue', run: own }],
    ['the one the want names', wanted({ scheduled: open }), [], { kind: 'open', want: open }],
    [
      'none when all is answered',
      wanted({ scheduled: want(4, 4, 'run_1') }),
      [],
      { kind: 'skip', reason: 'nothing-wanted' },
    ],
    [
      'none when only another lane wants',
      wanted({ interactive: open }),
      [],
      { kind: 'skip', reason: 'nothing-wanted' },
    ],
    ['none without a row', null, [], { kind: 'skip', reason: 'nothing-wanted' }],
    [
      'none when a begun run will answer',
      wanted({ scheduled: open }),
      [taken],
      { kind: 'skip', reason: 'left-to-another-run' },
    ],
    [
      'the named one when the want came after that run began',
      wanted({ scheduled: want(6, 3, 'run_6') }),
      [taken],
      { kind: 'open', want: want(6, 3, 'run_6') },
    ],
    [
      'the named one when that run has not begun',
      wanted({ scheduled: open }),
      [{ ...taken, startedAt: null }],
      { kind: 'open', want: open },
    ],
  ] as const)('%s', (_, given, openRuns, expected) => {
    expect(chooseRun('scheduled', given, openRuns)).toEqual(expected)
  })

  it.each([
    ['needed for an open want', wanted({ scheduled: open }), [own], null],
    [
      'needless when its want is answered',
      wanted({ scheduled: want(4, 4, 'run_1') }),
      [own],
      { run: own, joinedTo: null },
    ],
    ['needless when a begun run answers', wanted({ scheduled: open }), [own, taken], { run: own, joinedTo: 'run_2' }],
    ['needed once begun', wanted({ scheduled: want(4, 4, 'run_1') }), [run(begun)], null],
    ['needed where nobody knows better', null, [own], null],
  ] as const)('a run that has not begun is %s', (_, given, openRuns, expected) => {
    expect(needlessRun('scheduled', given, openRuns)).toEqual(expected)
  })
})

describe('what a run freezes before its first call', () => {
  it.each([
    ['all that its lane wants of it', run({}), wanted({ scheduled: want(7, 3, 'run_1') }), { scheduled: 7 }],
    ['not what the next run was named for', run({}), wanted({ scheduled: want(7, 3, 'run_7') }), { scheduled: 4 }],
    ['what it was opened for when the row is gone', run({}), null, { scheduled: 4 }],
    ['what its counter said, where 0.1 opened it', run({ laneVersion: undefined } as never), null, { scheduled: 4 }],
    [
      'what less urgent lanes want, and not what more urgent ones do',
      run({}),
      wanted({
        interactive: want(8, 2, 'run_8'),
        scheduled: open,
        backfill: want(5, 2, 'run_5'),
        realtime: want(6, 6, 'run_6'),
      }),
      { scheduled: 4, backfill: 5 },
    ],
    [
      'nothing of a lane that is answered',
      run({ lane: 'interactive' }),
      wanted({ interactive: open, scheduled: want(3, 3, 'run_3') }),
      { interactive: 4 },
    ],
  ])('%s', (_, given, row, answers) => {
    expect(beginRun(given, { wanted: row, openRuns: [given], now }).answers).toEqual(answers)
  })

  it('leaves to another run what that has frozen, unless more was asked since', () => {
    const pressed = run({ _id: 'run_2', lane: 'interactive', laneVersion: 8 })
    const own = { interactive: want(8, 2, 'run_2') }
    const hourly = run({ ...begun, answers: { scheduled: 4 } })
    const answersBeside = (scheduled: Want, other: SyncRun) =>
      beginRun(pressed, { wanted: wanted({ ...own, scheduled }), openRuns: [pressed, other], now }).answers
    expect(answersBeside(open, hourly)).toEqual({ interactive: 8 })
    expect(answersBeside(open, run({ ...begun, answers: undefined } as never))).toEqual({ interactive: 8 })
    expect(answersBeside(want(6, 3, 'run_6'), hourly)).toEqual({ interactive: 8, scheduled: 6 })
    expect(answersBeside(open, { ...hourly, startedAt: null })).toEqual({ interactive: 8, scheduled: 4 })
  })

  it('sets the window, as long as the longest of what it answers', () => {
    const begins = (row: Wanted | null) => beginRun(run({}), { wanted: row, openRuns: [], now })
    expect(begins(null)).toMatchObject({
      startedAt: now,
      window: { after: days(-28), before: days(1) },
      requestedVersion: 4,
    })
    expect(begins(wanted({ scheduled: open, backfill: want(5, 2, 'run_5', { windowDays: 90 }) }))).toMatchObject({
      window: { after: days(-90) },
      requestedVersion: 9,
    })
  })
})

describe('a run of webhooks', () => {
  const told = (asked: number) => ({
    ...{ stravaActivityId: `${asked}`, inboxId: `in_${asked}`, aspect: 'update' as const, eventTime: now, asked },
  })
  const realtime = run({ lane: 'realtime', laneVersion: 5 })

  it('looks at what was told until it begins, and answers no other lane', () => {
    const wants = { realtime: want(6, 3, 'run_1', { activities: [told(5), told(6)] }), scheduled: want(4, 3, 'run_2') }
    const bounded = { ...wants, realtime: { ...wants.realtime, mostCalls: 4 } }
    expect(beginRun(realtime, { wanted: wanted(bounded), openRuns: [realtime], now })).toMatchObject({
      ...{ activities: [told(5), told(6)], answers: { realtime: 6 }, mostCalls: 4 },
    })
  })

  it('leaves what was told for another run', () => {
    const wants = { realtime: want(6, 3, 'run_9', { activities: [told(5), told(6)] }) }
    expect(beginRun(realtime, { wanted: wanted(wants), openRuns: [realtime], now })).toMatchObject({
      ...{ activities: [told(5)], answers: { realtime: 5 } },
    })
  })

  it('is not taken along by a list, which does not say what is not there yet', () => {
    const pressed = run({ lane: 'interactive', laneVersion: 7 })
    const wants = { interactive: want(7, 3, 'run_1'), realtime: want(6, 3, 'run_2', { activities: [told(6)] }) }
    expect(beginRun(pressed, { wanted: wanted(wants), openRuns: [pressed], now }).answers).toEqual({ interactive: 7 })
  })

  it('that has too many to look at lists the window, and so answers less urgent lanes', () => {
    const wants = { realtime: want(6, 3, 'run_1', { mostCalls: 4 }), scheduled: want(4, 3, 'run_2') }
    expect(beginRun(realtime, { wanted: wanted(wants), openRuns: [realtime], now })).toMatchObject({
      ...{ activities: [], answers: { realtime: 6, scheduled: 4 }, mostCalls: 4 },
    })
  })
})
