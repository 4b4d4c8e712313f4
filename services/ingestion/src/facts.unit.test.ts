import { createLogger, createMetrics } from '@slipstream/telemetry'
import { expect, test } from 'vitest'
import type { SyncRun } from './domain/decide-run.ts'
import { createFacts } from './facts.ts'

const minuteMs = 60_000
const run = { _id: 'run_1', athleteId: 'ath_1', lane: 'scheduled', cause: 'hourly', startedAt: null } as SyncRun
const counts = { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls: 2 }

const told = () => {
  const lines: { level: string; msg: string; runs?: number }[] = []
  const log = createLogger('test', 'info', { write: (line: string) => lines.push(JSON.parse(line)) })
  const clock = { ms: 100 * minuteMs, now: () => new Date(clock.ms) }
  return { lines, clock, facts: createFacts(log, createMetrics('ingestion'), clock) }
}

test('that lists do not end is one ERROR line an hour, however many athletes it concerns', () => {
  const { lines, clock, facts } = told()
  for (let athlete = 0; athlete < 50; athlete += 1) {
    facts.listBroken(run, 'page_repeated')
    const finishedAt = clock.now()
    facts.runFinished(run, { outcome: 'failed', errorCode: 'strava_unavailable', counts, finishedAt })
    clock.ms += minuteMs
  }
  const errors = () => lines.filter(({ level }) => level === 'error')
  expect(errors()).toMatchObject([{ runs: 1 }])
  clock.ms += 10 * minuteMs
  facts.listBroken(run, 'page_repeated')
  expect(errors()).toMatchObject([{ runs: 1 }, { runs: 50 }])
})

test('a run that failed for a fault of ours is an ERROR line of its own', () => {
  const { lines, clock, facts } = told()
  facts.runFinished(run, { outcome: 'failed', errorCode: 'internal_error', counts, finishedAt: clock.now() })
  expect(lines).toMatchObject([{ level: 'error', msg: 'sync run finished' }])
})
