import { describe, expect, test } from 'vitest'
import type { SyncRun } from './decide-run.ts'
import { addChanged, countMissed, isToldByWebhooks } from './notices.ts'

const at = (time: string) => new Date(`2026-11-20T${time}:00Z`)

test('of what a run has found changed each is kept once, and fifty at most', () => {
  expect(addChanged(['1', '2'], ['2', '3'])).toEqual(['1', '2', '3'])
  expect(
    addChanged(
      [],
      Array.from({ length: 60 }, (_, index) => `${index}`),
    ),
  ).toHaveLength(50)
})

describe('webhooks should have told', () => {
  const run = { cause: 'hourly' } as SyncRun
  const told = { stravaActivityId: '1', inboxId: 'in_1', aspect: 'update', eventTime: at('08:00'), asked: 1 } as const
  const end = { outcome: 'succeeded', changedIds: ['1'] } as const
  test.each([
    ['what a turn has found', run, end, true],
    ['what a press has found', { ...run, cause: 'manual' } as SyncRun, end, true],
    ['nothing of a first import', { ...run, cause: 'linked' } as SyncRun, end, false],
    ['nothing of what they asked for', { ...run, activities: [told] } as SyncRun, end, false],
    ['nothing of a list that failed', run, { ...end, outcome: 'failed' as const }, false],
    ['nothing where nothing has changed', run, { ...end, changedIds: [] }, false],
  ])('%s', (_what, found, ended, expected) => {
    expect(isToldByWebhooks(found, ended)).toBe(expected)
  })
})

describe('missed are', () => {
  const notices = { changedIds: ['1', '2', '3'], passBefore: at('08:00') }
  test.each([
    ['those that nobody told', { toldIds: ['2'], pushedSince: at('07:00') }, 2],
    ['none where all was told', { toldIds: ['3', '2', '1'], pushedSince: at('08:00') }, 0],
    ['none where nothing was pushed before', { toldIds: [], pushedSince: at('08:01') }, 0],
    ['none where nothing is pushed', { toldIds: [], pushedSince: null }, 0],
  ])('%s', (_what, facts, missed) => {
    expect(countMissed(notices, facts)).toBe(missed)
  })
})
