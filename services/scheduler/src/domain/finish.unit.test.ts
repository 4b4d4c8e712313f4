import type { SyncRunRow } from '@slipstream/records'
import { describe, expect, it } from 'vitest'
import {
  after,
  endedRun,
  hourMs,
  idle,
  minuteMs,
  noCounts,
  now,
  open,
  open01,
  told,
  want,
} from '../../test/support/schedules.ts'
import { completeEnd, decideFinished, type RunEnd } from './finish.ts'
import { closedFor } from './looks.ts'
import { isOpen, type Schedule } from './schedule.ts'

const timing = { now, newRunId: () => 'run_new' }
const end: RunEnd = {
  ...{ linkId: 'link_1', runId: 'run_5', lane: 'interactive', answers: { interactive: 5 }, requestedVersion: 5 },
  ...{ outcome: 'succeeded', finishedAt: now, isFullList: true, look: null, completeUpTo: null },
}
const answered = (schedule: Schedule | null, changes: Partial<RunEnd> = {}) =>
  decideFinished(schedule, { ...end, ...changes }, timing)

describe('the end of a run', () => {
  it('answers its lane; what is open in others is asked for again, since it may have waited for this run', () => {
    expect(answered(open)).toEqual({
      asks: ['scheduled'],
      schedule: { ...open, wants: { scheduled: want(4, 3), interactive: want(5, 5, { cause: 'manual' }) } },
    })
  })

  it('closes the row with the last lane, also for 0.1', () => {
    const change = answered(open, { answers: { interactive: 5, scheduled: 4 } })
    expect(change).toMatchObject({ asks: [], schedule: { completedVersion: 5, publishedAt: null } })
    expect(isOpen(change?.schedule ?? open)).toBe(false)
  })

  it('leaves what was wanted after its first call to the next run', () => {
    const later = { ...open, requestedVersion: 6, wants: { interactive: want(6, 2) } }
    expect(answered(later)).toMatchObject({
      asks: ['interactive'],
      schedule: { wants: { interactive: { asked: 6, answered: 5, runId: 'run_6' } }, completedVersion: 3 },
    })
  })

  it('names another run for what it was to do and has not done', () => {
    const joined = { ...open, requestedVersion: 6, wants: { interactive: want(6, 2, { runId: 'run_5' }) } }
    expect(answered(joined)?.schedule.wants?.interactive).toMatchObject({ answered: 5, runId: 'run_new' })
    expect(answered(open, { outcome: 'cancelled' })).toMatchObject({
      asks: ['interactive', 'scheduled'],
      schedule: { wants: { interactive: { asked: 5, answered: 3, runId: 'run_new' } } },
    })
  })

  it('of webhooks leaves the activities that were told after its first call', () => {
    const row = { ...open, requestedVersion: 7, wants: { realtime: want(7, 3, { activities: [told(5), told(7)] }) } }
    const change = answered(row, { lane: 'realtime', answers: { realtime: 6 } })
    expect(change?.schedule.wants?.realtime).toMatchObject({ answered: 6, activities: [told(7)] })
    // The run after it is one more that webhooks have asked for.
    const own = { ...row, wants: { realtime: { ...row.wants.realtime, runId: 'run_5' } } }
    expect(answered(own, { lane: 'realtime', answers: { realtime: 6 } })?.schedule.looks).toEqual({
      since: now,
      count: 1,
    })
  })

  it.each(['failed', 'reauth_required'] as const)('answers when it %s', (outcome) => {
    expect(answered(open, { outcome })?.schedule.wants?.interactive?.answered).toBe(5)
  })

  it.each<[string, Schedule | null, Partial<RunEnd>]>([
    ['no row', null, {}],
    ['a row of another link', { ...open, linkId: 'link_2' }, {}],
    ['a run that was counted before', idle, { lane: 'scheduled', runId: 'run_4', answers: { scheduled: 4 } }],
    ['an older end', open, { runId: 'run_2', answers: { interactive: 2 } }],
    ['a cancelled run that the row does not wait for', open, { runId: 'run_2', outcome: 'cancelled' }],
  ])('changes nothing for %s', (_, schedule, changes) => {
    expect(answered(schedule, changes)).toBeNull()
  })

  describe('that was to list the window', () => {
    const failed = { lane: 'scheduled', answers: { scheduled: 4 }, outcome: 'failed' } as const
    const rare = { ...open, nextDueAt: after(40 * hourMs) }

    it.each([
      [1, 5 * minuteMs],
      [2, 10 * minuteMs],
      [4, 40 * minuteMs],
      [5, hourMs],
      [10, hourMs],
      [11, 40 * hourMs],
    ])('and failed, %i times in a row, is tried again in %i ms', (failures, inMs) => {
      const again = answered({ ...rare, failedLists: failures - 1 }, failed)
      expect(again?.schedule).toMatchObject({ failedLists: failures, nextDueAt: after(inMs) })
    })

    it('and failed is tried again for whoever waits, and never later than its turn', () => {
      expect(answered(rare, { outcome: 'failed' })?.schedule.nextDueAt).toEqual(after(5 * minuteMs))
      const soon = { ...open, nextDueAt: after(minuteMs) }
      expect(answered(soon, failed)?.schedule.nextDueAt).toEqual(soon.nextDueAt)
    })

    it('and succeeded forgets those that failed; what was neither changes nothing', () => {
      const row = { ...rare, failedLists: 3 }
      expect(answered(row)?.schedule).toMatchObject({ failedLists: 0, nextDueAt: rare.nextDueAt })
      const others: Partial<RunEnd>[] = [{ outcome: 'reauth_required' }, { outcome: 'failed', isFullList: false }]
      for (const other of others)
        expect(answered(row, other)?.schedule).toMatchObject({ failedLists: 3, nextDueAt: rare.nextDueAt })
    })

    it.each<[string, Parameters<typeof completeEnd>[1], RunEnd['lane'], boolean]>([
      ['of single activities is none', { ...endedRun, activities: [told(5)] }, 'realtime', false],
      ['of webhooks that told of many is one', { ...endedRun, activities: [] }, 'realtime', true],
      ['whose row is gone is one, but for webhooks', null, 'scheduled', true],
      ['whose row is gone is none of webhooks', null, 'realtime', false],
    ])('%s', (_what, run, lane, isFullList) => {
      expect(completeEnd({ ...end, lane }, run).isFullList).toBe(isFullList)
    })
  })
})

describe('looks that found nothing new', () => {
  const realtime = (asked: number, answered: number) => ({
    ...idle,
    requestedVersion: asked,
    wants: { realtime: want(asked, answered, { activities: [told(asked)] }) },
  })
  const inVain = { lane: 'realtime', runId: 'run_5', look: { found: 'nothing', calls: 1 } } as const
  /** After so many in a row that ended just now. */
  const afterInVain = (count: number): Schedule => {
    let row: Schedule = realtime(5, 4)
    for (let look = 0; look < count; look += 1) {
      const change = answered(
        { ...realtime(5, 4), ...(row.looks && { looks: row.looks }) },
        { ...inVain, answers: { realtime: 5 } },
      )
      if (change) row = change.schedule
    }
    return row
  }

  it.each([
    [1, null],
    [2, minuteMs],
    [3, 5 * minuteMs],
    [4, 15 * minuteMs],
    [5, hourMs],
    [9, hourMs],
  ])('%i times in a row put the next one off by %j ms', (count, pauseMs) => {
    const closed = closedFor(afterInVain(count), now)
    expect(closed).toEqual(pauseMs === null ? null : { until: after(pauseMs), holds: 'first_looks' })
  })

  it('count as the calls that they made, and one for what waits', () => {
    const row = { ...realtime(7, 4), looks: { since: now, count: 2 } }
    const costly = { ...inVain, look: { found: 'news', calls: 6 } as const, answers: { realtime: 6 } }
    const change = answered({ ...row, wants: { realtime: { ...row.wants.realtime, runId: 'run_5' } } }, costly)
    expect(change?.schedule).toMatchObject({ looks: { count: 8 }, wants: { realtime: { mostCalls: 2 } } })
  })

  it('are forgotten with one that found something, and not with the hour', () => {
    const row = {
      ...realtime(5, 4),
      looks: { since: after(-2 * hourMs), count: 9, inVain: 3, notBefore: after(-minuteMs) },
    }
    const found = answered(row, { ...inVain, look: { found: 'news', calls: 1 }, answers: { realtime: 5 } })
    expect(found?.schedule.looks).toEqual({ since: now, count: 0, inVain: 0, notBefore: null })
    const again = answered(row, { ...inVain, answers: { realtime: 5 } })
    expect(again?.schedule.looks).toMatchObject({ inVain: 4, notBefore: after(15 * minuteMs) })
  })

  it.each(['nothing_again', 'unknown'] as const)('stay as many after a look that found %s', (found) => {
    const looks = { since: now, count: 3, inVain: 2, notBefore: after(minuteMs) }
    const looked = answered(
      { ...realtime(5, 4), looks },
      { ...inVain, look: { found, calls: 2 }, answers: { realtime: 5 } },
    )
    expect(looked?.schedule.looks).toEqual({ ...looks, count: 4 })
  })

  it('cost nothing where no call was made', () => {
    const row = { ...realtime(5, 4), looks: { since: now, count: 3 } }
    const looked = answered(row, { ...inVain, look: { found: 'unknown', calls: 0 }, answers: { realtime: 5 } })
    expect(looked?.schedule.looks).toMatchObject({ count: 2 })
  })

  const again = { ...told(6), attempts: 1 }
  it.each<[string, Partial<SyncRunRow>, NonNullable<RunEnd['look']>['found']]>([
    ['found something', { counts: { ...noCounts, updated: 1 } }, 'news'],
    ['removed something', { counts: { ...noCounts, deleted: 1 } }, 'news'],
    ['found all as it was', {}, 'nothing'],
    ['found nothing of what was told', { unseen: ['5'] }, 'nothing'],
    ['looked again, and for something else', { activities: [again, told(5)] }, 'nothing'],
    ['looked again in vain', { activities: [again] }, 'nothing_again'],
    ['looked again and found it', { activities: [again], counts: { ...noCounts, created: 1 } }, 'news'],
    ['listed the whole window', { activities: [] }, 'nothing'],
    ['failed', { outcome: 'failed' }, 'unknown'],
  ])('are told by the row of the run: one that %s', (_what, run, found) => {
    const looked = { ...endedRun, lane: 'realtime' as const, activities: [told(5)], ...run }
    expect(completeEnd({ ...end, lane: 'realtime' }, looked).look).toEqual({ found, calls: 1 })
  })

  it.each([
    [{}, 7],
    [{ answeredCalls: 2 }, 2],
  ])('cost the calls that Strava has answered: of %j %i', (answeredBy, calls) => {
    const run = { ...endedRun, lane: 'realtime' as const, counts: { ...noCounts, calls: 7 }, ...answeredBy }
    expect(completeEnd({ ...end, lane: 'realtime' }, run).look?.calls).toBe(calls)
  })

  it('are those of webhooks alone', () => {
    expect(completeEnd(end, endedRun).look).toBeNull()
  })
})

describe('completeness', () => {
  const row = { ...open, completeUpTo: after(-hourMs) }
  it('goes up with what a run proves, and never back', () => {
    expect(answered(row, { completeUpTo: after(-minuteMs) })?.schedule.completeUpTo).toEqual(after(-minuteMs))
    expect(answered(row, { completeUpTo: after(-2 * hourMs) })?.schedule.completeUpTo).toEqual(after(-hourMs))
    expect(answered(row)?.schedule.completeUpTo).toEqual(after(-hourMs))
    expect(answered(open)?.schedule).not.toHaveProperty('completeUpTo')
  })

  it.each<[string, Partial<typeof endedRun> | object, Date | null]>([
    ['a full list up to its begin', {}, after(-minuteMs)],
    ['one that never began up to when it was asked for', { startedAt: null }, after(-2 * minuteMs)],
    ['one that failed nothing', { outcome: 'failed' }, null],
    ['one of single activities nothing', { activities: [told(5)] }, null],
    ['one that could not read something nothing', { unread: [{ stravaActivityId: '7', runs: 2 }] }, null],
    [
      'one that could not read what is broken for good',
      { unread: [{ stravaActivityId: '7', runs: 3 }] },
      after(-minuteMs),
    ],
  ])('is proven by %s', (_what, run, upTo) => {
    expect(completeEnd(end, { ...endedRun, ...run }).completeUpTo).toEqual(upTo)
  })
})

describe('beside release 0.1', () => {
  const untold = { ...end, lane: null, answers: {} }
  it.each([
    ['its own run answers what its counter said', endedRun, { scheduled: 5 }],
    [
      'a run that this release had begun answers what it froze',
      { ...endedRun, answers: { scheduled: 4 } },
      { scheduled: 4 },
    ],
  ] as const)('an end without a lane is completed through the run: %s', (_, run, answers) => {
    expect(completeEnd(untold, run)).toMatchObject({
      ...untold,
      lane: 'scheduled',
      answers,
      completeUpTo: after(-minuteMs),
    })
  })

  it('an end that tells its lane, or whose run is gone, stays as it is', () => {
    expect(completeEnd(end, { ...endedRun, requestedVersion: 1 })).toMatchObject({
      lane: 'interactive',
      answers: { interactive: 5 },
    })
    expect(completeEnd(untold, null)).toEqual(untold)
    expect(decideFinished(open, { ...untold, runId: 'run_gone' }, timing)).toBeNull()
  })

  it('closes a row that 0.1 opened', () => {
    const told = completeEnd({ ...untold, runId: 'run_4' }, endedRun)
    expect(decideFinished(open01, told, timing)).toMatchObject({
      asks: [],
      schedule: { completedVersion: 5, publishedAt: null, wants: { scheduled: { asked: 5, answered: 5 } } },
    })
  })
})
