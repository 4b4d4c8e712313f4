import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  askAgain,
  completeOpenRow,
  decideDue,
  decideFinished,
  decideLinked,
  decideTriggered,
  isOpen,
  judgeOpenRow,
  type Link,
  type Schedule,
} from './schedule.ts'

const now = new Date('2026-11-21T10:00:00Z')
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const after = (ms: number) => new Date(now.getTime() + ms)
const cadence = { intervalMs: hourMs, windowDays: 28 }

const link: Link = {
  linkId: 'link_1',
  athleteId: 'athlete_1',
  status: 'active',
  activeSince: after(-1000),
  manualSync: null,
}

const idle: Schedule = {
  _id: 'athlete_1',
  linkId: 'link_1',
  requestedVersion: 4,
  completedVersion: 4,
  request: {
    runId: 'run_4',
    lane: 'scheduled',
    cause: 'hourly',
    window: { after: after(-28 * dayMs), before: after(dayMs) },
    requestedAt: after(-500),
  },
  manualRunId: null,
  publishedAt: null,
  nextDueAt: after(30 * minuteMs),
}
const open: Schedule = { ...idle, requestedVersion: 5, publishedAt: after(-400) }
const ask = { link, now, cadence, random: 0.5 }

describe('a new link', () => {
  it('gets a row, a first import, and an hourly turn that is a little late', () => {
    expect(decideLinked({ ...ask, schedule: null, runId: 'run_1' })).toEqual({
      asks: true,
      schedule: {
        _id: 'athlete_1',
        linkId: 'link_1',
        requestedVersion: 1,
        completedVersion: 0,
        request: {
          runId: 'run_1',
          lane: 'interactive',
          cause: 'linked',
          window: { after: after(-28 * dayMs), before: after(dayMs) },
          requestedAt: link.activeSince,
        },
        manualRunId: null,
        publishedAt: now,
        nextDueAt: after(hourMs * 1.05),
      },
    })
  })

  it('asks once, however often it is told', () => {
    const first = decideLinked({ ...ask, schedule: null, runId: 'run_1' })
    expect(decideLinked({ ...ask, schedule: first?.schedule ?? null, runId: 'run_2' })).toBeNull()
  })

  it('is covered by any run asked for since', () => {
    expect(decideLinked({ ...ask, schedule: idle, runId: 'run_5' })).toBeNull()
  })

  it('asks anew after a reconnect', () => {
    const reconnected = { ...link, activeSince: after(0) }
    expect(decideLinked({ ...ask, link: reconnected, schedule: idle, runId: 'run_5' })).toMatchObject({
      asks: true,
      schedule: { requestedVersion: 5, completedVersion: 4, nextDueAt: idle.nextDueAt },
    })
  })

  it('takes over the row of an earlier link without its past, and never counts versions back', () => {
    const change = decideLinked({
      ...ask,
      schedule: { ...open, linkId: 'link_0', manualRunId: 'run_m' },
      runId: 'run_6',
    })
    expect(change?.schedule).toMatchObject({
      linkId: 'link_1',
      requestedVersion: 6,
      completedVersion: 4,
      manualRunId: null,
    })
  })
})

describe('a manual sync', () => {
  const trigger = { runId: 'run_m', requestedAt: after(-20) }
  it('is asked for under the run id the athlete was given, before any open hourly run', () => {
    expect(decideTriggered({ ...ask, schedule: open, trigger })).toMatchObject({
      asks: true,
      schedule: {
        requestedVersion: 6,
        manualRunId: 'run_m',
        publishedAt: now,
        request: { runId: 'run_m', lane: 'interactive', cause: 'manual', requestedAt: trigger.requestedAt },
      },
    })
  })
  it('is taken in once', () => {
    expect(decideTriggered({ ...ask, schedule: { ...idle, manualRunId: 'run_m' }, trigger })).toBeNull()
  })
  it('makes the row where there is none yet', () => {
    expect(decideTriggered({ ...ask, schedule: null, trigger })).toMatchObject({ schedule: { requestedVersion: 1 } })
  })
})

describe('an hourly turn', () => {
  const due = { ...idle, nextDueAt: after(-minuteMs) }
  const turn = { schedule: due, link, now, cadence, runId: 'run_h' }

  it('asks for a run and keeps the rhythm', () => {
    expect(decideDue(turn)).toMatchObject({
      asks: true,
      schedule: {
        requestedVersion: 5,
        request: { runId: 'run_h', lane: 'scheduled', cause: 'hourly', requestedAt: now },
        nextDueAt: after(59 * minuteMs),
      },
    })
  })

  it.each([
    ['a run is open', { ...turn, schedule: { ...open, nextDueAt: due.nextDueAt } }],
    ['the link has no grant', { ...turn, link: { ...link, status: 'reauth_required' as const } }],
    ['the link is paused', { ...turn, link: { ...link, status: 'paused' as const } }],
    ['the link is gone', { ...turn, link: null }],
  ])('only moves on when %s', (_, given) => {
    const { asks, schedule } = decideDue(given)
    expect(asks).toBe(false)
    expect(schedule).toEqual({ ...given.schedule, nextDueAt: after(59 * minuteMs) })
  })

  it('asks once after any downtime; the next turn lies ahead, within an interval, in the same rhythm', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 90 * dayMs }),
        fc.integer({ min: minuteMs, max: dayMs }),
        (late, intervalMs) => {
          const schedule = { ...idle, nextDueAt: after(-late) }
          const change = decideDue({ ...turn, schedule, cadence: { ...cadence, intervalMs } })
          expect(change.schedule.requestedVersion).toBe(5)
          const wait = change.schedule.nextDueAt.getTime() - now.getTime()
          expect(wait).toBeGreaterThan(0)
          expect(wait).toBeLessThanOrEqual(intervalMs)
          expect((wait + late) % intervalMs).toBe(0)
        },
      ),
    )
  })
})

describe('the end of a run', () => {
  const finished = {
    linkId: 'link_1',
    runId: 'run_4',
    requestedVersion: 5,
    outcome: 'succeeded' as const,
    finishedAt: now.toISOString(),
  }

  it('closes the row', () => {
    const change = decideFinished(open, finished, now)
    expect(change).toEqual({ asks: false, schedule: { ...open, completedVersion: 5, publishedAt: null } })
    expect(isOpen(change?.schedule ?? open)).toBe(false)
  })
  it('leaves a newer request open and asks for it again', () => {
    const newer = { ...open, requestedVersion: 6 }
    expect(decideFinished(newer, finished, now)).toEqual({
      asks: true,
      schedule: { ...newer, completedVersion: 5, publishedAt: now },
    })
  })
  it.each([
    ['no row', null, finished],
    ['a row of another link', { ...open, linkId: 'link_2' }, finished],
    ['a run that was counted before', { ...open, completedVersion: 5 }, finished],
    ['a later end that was counted before', open, { ...finished, requestedVersion: 4 }],
  ])('changes nothing for %s', (_, schedule, event) => {
    expect(decideFinished(schedule, event, now)).toBeNull()
  })
  it('brings the next turn forward when an interactive run failed', () => {
    const request = { ...open.request!, lane: 'interactive' as const }
    const failed = { ...finished, outcome: 'failed' as const }
    expect(decideFinished({ ...open, request }, failed, now)?.schedule.nextDueAt).toEqual(after(5 * minuteMs))
    expect(decideFinished(open, failed, now)?.schedule.nextDueAt).toEqual(open.nextDueAt)
    const soon = { ...open, request, nextDueAt: after(minuteMs) }
    expect(decideFinished(soon, failed, now)?.schedule.nextDueAt).toEqual(soon.nextDueAt)
  })
})

describe('an open row that is left', () => {
  const timing = { now, staleAfterMs: 20_000 }
  const run = { state: 'queued' as const, resumeAt: null, leaseUntil: null }
  it.each([
    ['whose run never began', null, 'ask_again'],
    ['whose run waits for a message', run, 'ask_again'],
    ['whose run has ended', { ...run, state: 'finished' as const }, 'complete'],
    ['whose run is parked', { ...run, state: 'waiting_for_quota' as const, resumeAt: after(minuteMs) }, 'leave'],
    [
      'whose run is about to be resumed',
      { ...run, state: 'waiting_for_quota' as const, resumeAt: after(-1000) },
      'leave',
    ],
    [
      'whose parked run was forgotten',
      { ...run, state: 'waiting_for_quota' as const, resumeAt: after(-20_000) },
      'ask_again',
    ],
    ['whose run is being worked on', { ...run, state: 'running' as const, leaseUntil: after(1) }, 'leave'],
    ['whose worker is dead', { ...run, state: 'running' as const, leaseUntil: after(-1) }, 'ask_again'],
  ])('%s', (_, state, expected) => {
    expect(judgeOpenRow(state, timing)).toBe(expected)
  })

  it('is completed or asked for again', () => {
    expect(completeOpenRow(open)).toEqual({
      asks: false,
      schedule: { ...open, completedVersion: 5, publishedAt: null },
    })
    expect(askAgain(open, now)).toEqual({ asks: true, schedule: { ...open, publishedAt: now } })
  })
})

type Step = 'linked' | 'manual' | 'due' | 'finish_newest' | 'finish_older' | 'again'

describe('over any course of events', () => {
  it('versions only grow, and publishedAt is set exactly while a row is open', () => {
    const steps = fc.array(fc.constantFrom<Step>('linked', 'manual', 'due', 'finish_newest', 'finish_older', 'again'))
    fc.assert(
      fc.property(steps, (course) => {
        let schedule: Schedule | null = null
        course.forEach((step, index) => {
          const at = after(index * minuteMs)
          const input = { ...ask, schedule, now: at, link: { ...link, activeSince: at } }
          const finish = (back: number) => ({
            linkId: 'link_1',
            runId: 'run',
            requestedVersion: (schedule?.requestedVersion ?? 1) - back,
            outcome: 'succeeded' as const,
            finishedAt: at.toISOString(),
          })
          const change =
            step === 'linked'
              ? decideLinked({ ...input, runId: `run_${index}` })
              : step === 'manual'
                ? decideTriggered({ ...input, trigger: { runId: `run_${index}`, requestedAt: at } })
                : step === 'finish_newest'
                  ? decideFinished(schedule, finish(0), at)
                  : step === 'finish_older'
                    ? decideFinished(schedule, finish(1), at)
                    : schedule === null
                      ? null
                      : step === 'due'
                        ? decideDue({ schedule, link, now: at, cadence, runId: `run_${index}` })
                        : isOpen(schedule)
                          ? askAgain(schedule, at)
                          : null
          if (!change) return
          const next: Schedule = change.schedule
          expect(next.requestedVersion).toBeGreaterThanOrEqual(schedule?.requestedVersion ?? 0)
          expect(next.completedVersion).toBeGreaterThanOrEqual(schedule?.completedVersion ?? 0)
          expect(next.publishedAt !== null).toBe(isOpen(next))
          schedule = next
        })
      }),
    )
  })
})
