import type { SyncRunRow, Want, WantedActivity } from '@slipstream/records'
import type { Link, Schedule } from '../../src/domain/schedule.ts'

export const now = new Date('2026-11-21T10:00:00Z')
export const minuteMs = 60_000
export const hourMs = 60 * minuteMs
export const dayMs = 24 * hourMs
export const after = (ms: number) => new Date(now.getTime() + ms)
export const cadence = { intervalMs: hourMs, isStretched: false, windowDays: 28 }

export const link: Link = {
  linkId: 'link_1',
  athleteId: 'athlete_1',
  status: 'active',
  statusSince: after(-1000),
  activeSince: after(-1000),
  manualSync: null,
}

export const want = (asked: number, answered: number, rest: Partial<Want> = {}): Want => ({
  ...{ asked, answered, runId: `run_${asked}`, cause: 'hourly', windowDays: 28, requestedAt: after(-500) },
  ...rest,
})

/** As release 0.1 left it. */
export const idle01: Schedule = {
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
export const open01: Schedule = { ...idle01, requestedVersion: 5, publishedAt: after(-400) }

export const idle: Schedule = { ...idle01, wants: { scheduled: want(4, 4) }, revision: 8 }
/** Wanted by hour (4) and by hand (5). */
export const open: Schedule = {
  ...idle,
  requestedVersion: 5,
  completedVersion: 3,
  wants: { scheduled: want(4, 3), interactive: want(5, 3, { cause: 'manual' }) },
  publishedAt: after(-400),
}

export const noCounts = { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls: 1 }

/** What the row of a run says that has ended. */
export const endedRun: Pick<
  SyncRunRow,
  'lane' | 'requestedVersion' | 'counts' | 'outcome' | 'requestedAt' | 'startedAt' | 'window'
> = {
  ...{ lane: 'scheduled', requestedVersion: 5, counts: noCounts, outcome: 'succeeded' },
  ...{ requestedAt: after(-2 * minuteMs), startedAt: after(-minuteMs) },
  window: { after: after(-28 * dayMs), before: after(dayMs) },
}

/** A notice as a want holds it. */
export const told = (asked: number): WantedActivity => ({
  ...{ stravaActivityId: `${asked}`, inboxId: `in_${asked}`, aspect: 'update', eventTime: now, asked },
})
