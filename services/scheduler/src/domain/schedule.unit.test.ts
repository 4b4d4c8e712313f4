import type { Lane } from '@slipstream/contracts'
import { type LaneVersions, openLanesOf, wantsOf } from '@slipstream/records'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { after, cadence, endedRun, idle01, link, minuteMs } from '../../test/support/schedules.ts'
import { decideDue, decideLinked, decideTriggered } from './ask.ts'
import { completeEnd, decideFinished } from './finish.ts'
import { judgeOpenRow } from './open-row.ts'
import { isOpen, type Schedule, type ScheduleChange } from './schedule.ts'

const steps = ['linked', 'manual', 'due', 'begin', 'finish', 'cancel', 'finish01', 'ask01', 'sweep'] as const

/** Plays scheduler and runs, release 0.1 among them, over one row. */
const play = (course: readonly (typeof steps)[number][]) => {
  let schedule: Schedule | null = null
  const begun: { runId: string; lane: Lane; answers: LaneVersions; requestedVersion: number }[] = []
  const changes: { before: Schedule | null; after: Schedule }[] = []
  course.forEach((step, index) => {
    const at = after(index * minuteMs)
    const row = schedule
    const input = { schedule: row, link: { ...link, activeSince: at }, now: at, cadence, random: 0 }
    const newRunId = () => `run_${index}`
    const finish = (outcome: 'succeeded' | 'cancelled', isOf01 = false) => {
      const run = begun.shift()
      if (!run) return null
      const end = {
        linkId: link.linkId,
        runId: run.runId,
        requestedVersion: run.requestedVersion,
        outcome,
        finishedAt: at,
      }
      const told = isOf01
        ? completeEnd({ ...end, lane: null, answers: {} }, { ...endedRun, ...run })
        : { ...end, lane: run.lane, answers: run.answers, isFullList: true, look: null, completeUpTo: null }
      return decideFinished(row, told, { now: at, newRunId })
    }
    const decide = (): ScheduleChange | null => {
      if (step === 'linked') return decideLinked(input)
      if (step === 'manual') return decideTriggered({ ...input, trigger: { runId: newRunId(), requestedAt: at } })
      if (!row) return null
      if (step === 'due') return decideDue({ schedule: row, link, now: at, cadence, runId: newRunId() })
      if (step === 'finish') return finish('succeeded')
      if (step === 'cancel') return finish('cancelled')
      if (step === 'finish01') return finish('succeeded', true)
      if (step === 'sweep') return isOpen(row) ? judgeOpenRow(row, [], { now: at, staleAfterMs: 0, newRunId }) : null
      if (step === 'begin') {
        for (const lane of openLanesOf(wantsOf(row)).slice(0, 1)) {
          const want = wantsOf(row)[lane]
          if (want)
            begun.push({
              runId: want.runId,
              lane,
              answers: { [lane]: want.asked },
              requestedVersion: row.requestedVersion,
            })
        }
        return null
      }
      const request = { ...idle01.request, lane: 'scheduled', runId: newRunId() } as Schedule['request']
      const raised = { requestedVersion: row.requestedVersion + 1, request, publishedAt: at }
      return { schedule: { ...row, ...raised }, asks: [] }
    }
    const change = decide()
    if (!change) return
    changes.push({ before: row, after: change.schedule })
    schedule = change.schedule
  })
  return changes
}

it('over any course of events versions only grow, and publishedAt is set exactly while a lane is open', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...steps), { maxLength: 40 }), (course) => {
      for (const { before, after: next } of play(course)) {
        expect(next.requestedVersion).toBeGreaterThanOrEqual(before?.requestedVersion ?? 0)
        expect(next.completedVersion).toBeGreaterThanOrEqual(before?.completedVersion ?? 0)
        expect(next.completedVersion === next.requestedVersion).toBe(!isOpen(next))
        expect(next.publishedAt !== null).toBe(isOpen(next))
        for (const [lane, want] of Object.entries(before ? wantsOf(before) : {})) {
          const now = wantsOf(next)[lane as Lane]
          expect(now?.asked).toBeGreaterThanOrEqual(want.asked)
          expect(now?.answered).toBeGreaterThanOrEqual(want.answered)
          expect(now?.answered).toBeLessThanOrEqual(now?.asked ?? 0)
        }
      }
    }),
    { numRuns: 300 },
  )
})
