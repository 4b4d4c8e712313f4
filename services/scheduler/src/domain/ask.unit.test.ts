import { importRunIdOf } from '@slipstream/records'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  after,
  cadence,
  dayMs,
  hourMs,
  idle,
  idle01,
  link,
  minuteMs,
  now,
  open,
  want,
} from '../../test/support/schedules.ts'
import { decideDue, decideLinked, decideNotified, decideTriggered, type Notice } from './ask.ts'
import { closedFor } from './looks.ts'
import type { Schedule } from './schedule.ts'

const turns = { everyMs: hourMs, isStretched: false }
const ask = { link, now, cadence, random: 0.5 }
const importRun = importRunIdOf(link.linkId, link.activeSince)

describe('a new link', () => {
  it('gets a row, a first import, and an hourly turn that is a little late', () => {
    const asked = { runId: importRun, cause: 'linked', requestedAt: link.activeSince } as const
    expect(decideLinked({ ...ask, schedule: null })).toEqual({
      asks: ['interactive'],
      schedule: {
        _id: 'athlete_1',
        linkId: 'link_1',
        requestedVersion: 1,
        completedVersion: 0,
        request: { lane: 'interactive', ...asked, window: { after: after(-28 * dayMs), before: after(dayMs) } },
        wants: { interactive: { asked: 1, answered: 0, windowDays: 28, ...asked } },
        manualRunId: null,
        publishedAt: now,
        nextDueAt: after(hourMs * 1.05),
        turns,
      },
    })
  })

  it('asks once, however often it is told', () => {
    const first = decideLinked({ ...ask, schedule: null })
    expect(decideLinked({ ...ask, schedule: first?.schedule ?? null })).toBeNull()
  })

  it('is covered by any run asked for since', () => {
    for (const schedule of [idle, idle01]) expect(decideLinked({ ...ask, schedule })).toBeNull()
  })

  it('asks anew after a reconnect, under another run', () => {
    const reconnected = { ...link, activeSince: after(0) }
    const change = decideLinked({ ...ask, link: reconnected, schedule: idle })
    expect(change).toMatchObject({
      asks: ['interactive'],
      schedule: { requestedVersion: 5, completedVersion: 4, nextDueAt: idle.nextDueAt },
    })
    expect(change?.schedule.wants?.interactive?.runId).not.toBe(importRun)
  })

  it('keeps the run that somebody waits for already', () => {
    const change = decideLinked({ ...ask, link: { ...link, activeSince: after(0) }, schedule: open })
    expect(change?.schedule.wants?.interactive).toMatchObject({
      asked: 6,
      answered: 3,
      runId: 'run_5',
      cause: 'linked',
    })
  })

  it('takes over the row of an earlier link without its past, and never counts versions back', () => {
    const change = decideLinked({ ...ask, schedule: { ...open, linkId: 'link_0', manualRunId: 'run_m' } })
    expect(change?.schedule).toMatchObject({ linkId: 'link_1', requestedVersion: 6, manualRunId: null, revision: 8 })
    expect(change?.schedule.wants).toEqual({
      interactive: want(6, 0, { runId: importRun, cause: 'linked', requestedAt: link.activeSince }),
    })
  })
})

describe('a manual sync', () => {
  const trigger = { runId: 'run_m', requestedAt: after(-20) }
  it('is asked for under the run id the athlete was given, beside what is open in other lanes', () => {
    expect(decideTriggered({ ...ask, schedule: open, trigger })).toMatchObject({
      asks: ['interactive'],
      schedule: {
        requestedVersion: 6,
        completedVersion: 3,
        manualRunId: 'run_m',
        publishedAt: open.publishedAt,
        wants: { scheduled: want(4, 3), interactive: { asked: 6, answered: 3, runId: 'run_m' } },
        request: { runId: 'run_m', lane: 'interactive', cause: 'manual', requestedAt: trigger.requestedAt },
      },
    })
  })
  it('is taken in once', () => {
    expect(decideTriggered({ ...ask, schedule: { ...idle, manualRunId: 'run_m' }, trigger })).toBeNull()
  })
  it('does not hide behind a wait: a row that is looked at later is looked at as of now', () => {
    const parked = { ...open, publishedAt: after(hourMs) }
    expect(decideTriggered({ ...ask, schedule: parked, trigger })?.schedule.publishedAt).toEqual(now)
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
      asks: ['scheduled'],
      schedule: {
        requestedVersion: 5,
        wants: { scheduled: { asked: 5, answered: 4, runId: 'run_h' } },
        request: { runId: 'run_h', lane: 'scheduled', cause: 'hourly', requestedAt: now },
        nextDueAt: after(59 * minuteMs),
      },
    })
  })

  it.each([
    ['a lane is open', { ...turn, schedule: { ...open, nextDueAt: due.nextDueAt } }],
    ['0.1 has something open', { ...turn, schedule: { ...idle01, requestedVersion: 5, nextDueAt: due.nextDueAt } }],
    ['the link has no grant', { ...turn, link: { ...link, status: 'reauth_required' as const } }],
    ['the link is paused', { ...turn, link: { ...link, status: 'paused' as const } }],
    ['the link is gone', { ...turn, link: null }],
  ])('only moves on when %s', (_, given) => {
    const { asks, schedule } = decideDue(given)
    expect(asks).toEqual([])
    expect(schedule).toEqual({ ...given.schedule, nextDueAt: after(59 * minuteMs), turns })
  })

  it('comes as often as the quota carries, and the row says so', () => {
    const stretched = { ...cadence, intervalMs: 40 * hourMs, isStretched: true }
    expect(decideDue({ ...turn, cadence: stretched }).schedule).toMatchObject({
      nextDueAt: after(40 * hourMs - minuteMs),
      turns: { everyMs: 40 * hourMs, isStretched: true },
    })
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

describe('a webhook', () => {
  const notice = (id: string, rest: Partial<Notice> = {}): Notice => ({
    ...{ stravaActivityId: id, inboxId: `in_${id}`, aspect: 'update', eventTime: after(-minuteMs), receivedAt: now },
    ...rest,
  })
  const notify = (schedule: Schedule | null, ...notices: [Notice, ...Notice[]]) =>
    decideNotified({ ...ask, schedule, notices, runId: `run_of_${notices[0].stravaActivityId}` })
  const told = (schedule: Schedule | null, ...notices: Notice[]) =>
    notices.reduce((row, one) => notify(row, one).schedule, schedule)
  const realtime = (schedule: Schedule | null) => schedule?.wants?.realtime

  it('asks for a look at its activity alone, whatever else is wanted', () => {
    const change = notify(open, notice('7'))
    expect(change.asks).toEqual(['realtime'])
    expect(change.schedule.wants).toMatchObject({
      ...open.wants,
      realtime: {
        ...{ asked: 6, answered: 0, cause: 'webhook', runId: 'run_of_7', requestedAt: now },
        activities: [
          { stravaActivityId: '7', inboxId: 'in_7', aspect: 'update', eventTime: after(-minuteMs), asked: 6 },
        ],
      },
    })
  })

  it('joins what waits: one run, from the first of them on', () => {
    const want = realtime(told(idle, notice('7'), notice('8', { receivedAt: after(minuteMs) })))
    expect(want).toMatchObject({ runId: 'run_of_7', requestedAt: now })
    expect(want?.activities?.map(({ stravaActivityId }) => stravaActivityId)).toEqual(['7', '8'])
  })

  it('that comes with others is one want with them, from the first of them on', () => {
    const early = notice('8', { receivedAt: after(-minuteMs) })
    const { schedule } = notify(idle, notice('7'), early, notice('7', { aspect: 'delete', eventTime: now }))
    expect(schedule.requestedVersion).toBe(idle.requestedVersion + 1)
    expect(realtime(schedule)).toMatchObject({ runId: 'run_of_7', requestedAt: after(-minuteMs) })
    expect(realtime(schedule)?.activities).toMatchObject([
      { stravaActivityId: '8', asked: 5 },
      { stravaActivityId: '7', aspect: 'delete', asked: 5 },
    ])
  })

  it('about an activity that is told again counts as the newest says, in whatever order they come', () => {
    const [created, deleted] = [
      notice('7', { aspect: 'create', eventTime: after(-2 * minuteMs) }),
      notice('7', { aspect: 'delete', eventTime: after(-minuteMs) }),
    ]
    for (const order of [
      [created, deleted],
      [deleted, created],
    ]) {
      expect(realtime(told(idle, ...order))?.activities).toMatchObject([{ aspect: 'delete' }])
    }
  })

  it('may cause as many calls as are left of the hour', () => {
    const looks = { since: now, count: 7 }
    expect(realtime(told({ ...idle, looks }, notice('7'), notice('8')))).toMatchObject({ mostCalls: 2 })
    expect(realtime(told(idle, notice('7')))).toMatchObject({ mostCalls: 9 })
    const many = Array.from({ length: 51 }, (_, index) => notice(`${index}`))
    expect(realtime(told(idle, ...many))).toMatchObject({ mostCalls: 9 })
    expect(realtime(told(idle, ...many))?.activities).toBeUndefined()
  })

  it('asks for ten runs an hour at most; what joins a waiting one costs nothing', () => {
    let row: Schedule = idle
    for (let look = 0; look < 10; look += 1) {
      expect(closedFor(row, now)).toBeNull()
      row = notify(row, notice(`${look}`)).schedule
      row = notify(row, notice(`${look}+`)).schedule
      const { realtime: want } = row.wants ?? {}
      if (want) row = { ...row, wants: { ...row.wants, realtime: { ...want, answered: want.asked } } }
    }
    expect(closedFor(row, after(hourMs - 1))).toEqual({ until: after(hourMs), holds: 'all' })
    expect(closedFor(row, after(hourMs))).toBeNull()
    expect(closedFor(null, now)).toBeNull()
    const later = decideNotified({
      ...ask,
      now: after(hourMs),
      schedule: row,
      notices: [notice('later')],
      runId: 'run_later',
    }).schedule
    expect(later.looks).toEqual({ since: after(hourMs), count: 1 })
  })

  it('keeps nobody from a turn, and covers no link that waits for its first import', () => {
    const looking = told(idle, notice('7'))
    const turn = decideDue({ schedule: looking!, link, now, cadence, runId: 'run_turn' })
    expect(turn.asks).toEqual(['scheduled'])
    expect(decideLinked({ ...ask, schedule: told(null, notice('7')) })).toMatchObject({ asks: ['interactive'] })
  })

  it('that was put back since is put back once more after its run', () => {
    const created = notice('7', { aspect: 'create' })
    const again = { ...created, attempts: 1, returned: 1 }
    expect(realtime(told(idle, created, again))?.activities).toMatchObject([{ attempts: 1, returned: 1 }])
  })

  it('of an upload that was changed at once is still one of an upload', () => {
    const [created, changed] = [
      notice('7', { aspect: 'create', inboxId: 'in_created', eventTime: after(-2 * minuteMs) }),
      notice('7', { eventTime: after(-minuteMs), expects: { title: 'New' } }),
    ]
    for (const order of [
      [created, changed],
      [changed, created],
    ]) {
      expect(realtime(told(idle, ...order))?.activities).toMatchObject([
        { aspect: 'create', inboxId: 'in_created', eventTime: after(-minuteMs), expects: { title: 'New' } },
      ])
    }
  })

  it('beyond fifty activities makes a list of the whole window', () => {
    const many = Array.from({ length: 50 }, (_, index) => notice(`${index}`))
    const fifty = told(idle, ...many)
    expect(realtime(fifty)?.activities).toHaveLength(50)
    const more = told(fifty, notice('51'))
    expect(realtime(more)).not.toHaveProperty('activities')
    expect(realtime(told(more, notice('52')))).not.toHaveProperty('activities')
  })
})
