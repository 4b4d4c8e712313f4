import { importRunIdOf, type Want } from '@slipstream/records'
import { describe, expect, it } from 'vitest'
import type { Link, RunView, ScheduleView } from './model.ts'
import { openWork, type WorkInput, waitingWork } from './open-work.ts'

const at = (time: string) => new Date(`2026-11-20T${time}:00Z`)

const link: Link = {
  ...{ linkId: 'lnk_1', athleteId: 'ath_1', stravaAthleteId: '100', displayName: 'Anna', status: 'active' },
  ...{
    statusSince: at('08:00'),
    errorCode: null,
    cause: 'hourly',
    scopes: [],
    linkedAt: at('08:00'),
    manualSync: null,
  },
}
const importRun = importRunIdOf('lnk_1', at('08:00'))

const want = (asked: number, answered: number, runId: string): Want => ({
  ...{ asked, answered, runId, cause: 'manual', windowDays: 28, requestedAt: at('11:00') },
})
const window = { after: at('00:00'), before: at('23:00') }
const row: ScheduleView = {
  ...{ requestedVersion: 5, completedVersion: 3, manualRunId: null, nextDueAt: at('12:30') },
  request: { runId: 'run_5', lane: 'interactive', cause: 'manual', requestedAt: at('11:00'), window },
}
const run = (rest: Partial<RunView>): RunView => ({
  ...{ runId: 'run_5', lane: 'interactive', state: 'running', window, requestedVersion: 5, requestedAt: at('11:00') },
  counts: { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls: 1 },
  ...{ cause: 'manual', startedAt: at('11:01'), resumeAt: null, finishedAt: null, outcome: null, errorCode: null },
  ...rest,
})
const both = { ...row, wants: { interactive: want(5, 3, 'run_5'), scheduled: want(4, 3, 'run_4') } }
const hourly = run({ runId: 'run_4', lane: 'scheduled', answers: { scheduled: 4 } })
const inputOf = (rest: Partial<WorkInput>): WorkInput => ({ link, schedule: both, runs: [], ...rest })

describe('what is shown, and what somebody who asks now is given', () => {
  const asking = { ...link, manualSync: { runId: 'run_9', requestedAt: at('11:30') } }
  it.each<[string, WorkInput, string | null, string | null]>([
    ['no link', inputOf({ link: null, schedule: null }), null, null],
    ['a link that no scheduler has seen', inputOf({ schedule: null }), importRun, importRun],
    [
      'a link that came back to life',
      inputOf({ link: { ...link, statusSince: at('11:45') } }),
      importRunIdOf('lnk_1', at('11:45')),
      importRunIdOf('lnk_1', at('11:45')),
    ],
    ['a sync by hand that no scheduler has seen', inputOf({ link: asking }), 'run_9', 'run_9'],
    ['a want that no run has begun for', inputOf({}), 'run_5', 'run_5'],
    ['a run that has made no call', inputOf({ runs: [run({ startedAt: null, state: 'queued' })] }), 'run_5', 'run_5'],
    ['a run that has begun', inputOf({ runs: [run({ answers: { interactive: 5 } })] }), 'run_5', null],
    ['a run that 0.1 has begun', inputOf({ schedule: row, runs: [run({})] }), 'run_5', null],
    [
      'a run that has begun, and a want for the next',
      inputOf({
        schedule: { ...both, wants: { interactive: want(6, 3, 'run_6') } },
        runs: [run({ answers: { interactive: 5 } })],
      }),
      'run_5',
      'run_6',
    ],
    [
      'a run that has begun, and a sync by hand that no scheduler has seen',
      inputOf({ link: asking, runs: [run({})] }),
      'run_5',
      'run_9',
    ],
    ['a less urgent run at work, and somebody waiting', inputOf({ runs: [hourly] }), 'run_5', 'run_5'],
    [
      'only a less urgent run',
      inputOf({
        schedule: { ...both, requestedVersion: 4, wants: { scheduled: want(4, 3, 'run_4') } },
        runs: [hourly],
      }),
      'run_4',
      null,
    ],
    [
      'a run that ended unheard',
      inputOf({ runs: [run({ state: 'finished', answers: { interactive: 5, scheduled: 4 } })] }),
      null,
      null,
    ],
    [
      'a run that ended unheard, and a want that it did not answer',
      inputOf({ runs: [run({ state: 'finished', answers: { interactive: 5 } })] }),
      'run_4',
      null,
    ],
    ['nothing', inputOf({ schedule: { ...row, completedVersion: 5 } }), null, null],
  ])('%s', (_, given, shown, waiting) => {
    expect(openWork(given)?.runId ?? null).toBe(shown)
    expect(waitingWork(given)?.runId ?? null).toBe(waiting)
  })
})
