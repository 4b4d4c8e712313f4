import { describe, expect, it } from 'vitest'
import { after, endedRun, hourMs, minuteMs, now, open, open01, want } from '../../test/support/schedules.ts'
import { judgeOpenRow, type RunState } from './open-row.ts'

const timing = { now, staleAfterMs: 40_000, newRunId: () => 'run_new' }
const run = (rest: Partial<RunState>): RunState => ({
  ...{ _id: 'run_5', linkId: 'link_1', lane: 'interactive', requestedVersion: 5, state: 'queued' },
  ...{ ...endedRun, lane: 'interactive', resumeAt: null, leaseUntil: null, outcome: null, finishedAt: null },
  ...rest,
})
const ended = { state: 'finished', outcome: 'succeeded', finishedAt: after(-1000) } as const
const parked = (resumeAt: Date) => ({ state: 'waiting_for_quota', resumeAt }) as const
const byHand = { ...open, wants: { interactive: want(5, 3) } }

describe('an open row that is left', () => {
  it.each<[string, RunState[], string[]]>([
    ['whose run never began', [], ['interactive']],
    ['whose run waits for a message', [run({})], ['interactive']],
    ['whose worker is dead', [run({ state: 'running', leaseUntil: after(-1) })], ['interactive']],
    ['whose run is in hand', [run({ state: 'running', leaseUntil: after(1) })], []],
    ['whose run is parked', [run(parked(after(minuteMs)))], []],
    ['whose run is about to be resumed', [run(parked(after(-1000)))], []],
    ['whose parked run was forgotten', [run(parked(after(-40_000)))], ['interactive']],
    ['whose older run of the lane is in hand', [run({ _id: 'run_2', leaseUntil: after(1) })], []],
    [
      'that a run of another lane answers',
      [run({ _id: 'run_4', lane: 'scheduled', leaseUntil: after(1), answers: { interactive: 5 } })],
      [],
    ],
    [
      'that a run of another lane does not answer',
      [run({ _id: 'run_4', lane: 'scheduled', leaseUntil: after(1), answers: { interactive: 4 } })],
      ['interactive'],
    ],
  ])('%s', (_, runs, asks) => {
    expect(judgeOpenRow(byHand, runs, timing).asks).toEqual(asks)
  })

  it('is looked at lane by lane', () => {
    const change = judgeOpenRow(open, [run({ leaseUntil: after(1) })], timing)
    expect(change).toMatchObject({ asks: ['scheduled'], schedule: { publishedAt: now } })
  })

  it('is looked at again when the first parked run goes on, and not before', () => {
    const runs = [run(parked(after(hourMs))), run({ _id: 'run_4', lane: 'scheduled', ...parked(after(minuteMs)) })]
    expect(judgeOpenRow(open, runs, timing)).toMatchObject({ asks: [], schedule: { publishedAt: after(minuteMs) } })
  })

  it('is completed when its runs ended unheard', () => {
    const all = judgeOpenRow(open, [run({ ...ended, answers: { interactive: 5, scheduled: 4 } })], timing)
    expect(all).toMatchObject({ asks: [], schedule: { completedVersion: 5, publishedAt: null } })
    expect(all.ended.map(({ _id }) => _id)).toEqual(['run_5'])
    expect(judgeOpenRow(all.schedule, [run({ ...ended, answers: { interactive: 5 } })], timing).ended).toEqual([])
    const one = judgeOpenRow(open, [run({ ...ended, answers: { interactive: 5 } })], timing)
    expect(one).toMatchObject({ asks: ['scheduled'], schedule: { wants: { interactive: { answered: 5 } } } })
  })

  it('tells which runs ended unheard, and not those that were heard', () => {
    const inVain = run({ ...ended, answers: { interactive: 5 }, unseen: ['7'] })
    expect(judgeOpenRow(open, [inVain], timing).ended).toEqual([inVain])
    const heard = { ...open, wants: { ...open.wants, interactive: want(5, 5) } }
    expect(judgeOpenRow(heard, [inVain], timing)).toMatchObject({ asks: ['scheduled'], ended: [] })
  })

  it('gets another run when the one it names was cancelled', () => {
    expect(judgeOpenRow(byHand, [run({ ...ended, outcome: 'cancelled' })], timing)).toMatchObject({
      asks: ['interactive'],
      schedule: { wants: { interactive: { answered: 3, runId: 'run_new' } } },
    })
  })

  it('of 0.1 is read as one want of its lane', () => {
    expect(judgeOpenRow(open01, [], timing)).toMatchObject({ asks: ['scheduled'], schedule: { publishedAt: now } })
    const run01 = run({ ...ended, _id: 'run_4', lane: 'scheduled' })
    expect(judgeOpenRow(open01, [run01], timing)).toMatchObject({ asks: [], schedule: { completedVersion: 5 } })
  })
})
