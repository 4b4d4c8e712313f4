import { describe, expect, it } from 'vitest'
import { after, idle, minuteMs, now, open, open01, want } from '../../test/support/schedules.ts'
import { completeEnd, decideFinished, type RunEnd } from './finish.ts'
import { isOpen, type Schedule } from './schedule.ts'

const timing = { now, newRunId: () => 'run_new' }
const end: RunEnd = {
  ...{ linkId: 'link_1', runId: 'run_5', lane: 'interactive', answers: { interactive: 5 }, requestedVersion: 5 },
  ...{ outcome: 'succeeded', finishedAt: now },
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
    const told = (asked: number) => ({ stravaActivityId: `${asked}`, aspect: 'update' as const, eventTime: now, asked })
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

  it('brings the next turn forward when somebody waited for it in vain', () => {
    expect(answered(open, { outcome: 'failed' })?.schedule.nextDueAt).toEqual(after(5 * minuteMs))
    expect(answered(open)?.schedule.nextDueAt).toEqual(open.nextDueAt)
    const soon = { ...open, nextDueAt: after(minuteMs) }
    expect(answered(soon, { outcome: 'failed' })?.schedule.nextDueAt).toEqual(soon.nextDueAt)
    const scheduled = { lane: 'scheduled', answers: { scheduled: 4 }, outcome: 'failed' } as const
    expect(answered(open, scheduled)?.schedule.nextDueAt).toEqual(open.nextDueAt)
  })
})

describe('beside release 0.1', () => {
  const untold = { ...end, lane: null, answers: {} }
  it.each([
    ['its own run answers what its counter said', { lane: 'scheduled', requestedVersion: 5 }, { scheduled: 5 }],
    [
      'a run that this release had begun answers what it froze',
      { lane: 'scheduled', requestedVersion: 5, answers: { scheduled: 4 } },
      { scheduled: 4 },
    ],
  ] as const)('an end without a lane is completed through the run: %s', (_, run, answers) => {
    expect(completeEnd(untold, run)).toEqual({ ...untold, lane: 'scheduled', answers })
  })

  it('an end that tells its lane, or whose run is gone, stays as it is', () => {
    expect(completeEnd(end, { lane: 'scheduled', requestedVersion: 1 })).toEqual(end)
    expect(completeEnd(untold, null)).toEqual(untold)
    expect(decideFinished(open, { ...untold, runId: 'run_gone' }, timing)).toBeNull()
  })

  it('closes a row that 0.1 opened', () => {
    const told = completeEnd({ ...untold, runId: 'run_4' }, { lane: 'scheduled', requestedVersion: 5 })
    expect(decideFinished(open01, told, timing)).toMatchObject({
      asks: [],
      schedule: { completedVersion: 5, publishedAt: null, wants: { scheduled: { asked: 5, answered: 5 } } },
    })
  })
})
