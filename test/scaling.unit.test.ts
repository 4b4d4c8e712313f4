import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { leftForADay } from '../libs/quota/src/lane-budget.ts'
import { cadenceFor } from '../services/scheduler/src/domain/cadence.ts'

// The tables of docs/scaling.md, computed anew with what ledger and scheduler decide by.

const page = readFileSync(join(import.meta.dirname, '../docs/scaling.md'), 'utf8')
const webhooksADay = 0.7
const hourMs = 60 * 60_000
const midnight = new Date('2026-11-26T00:00:00Z')

interface Reads {
  quarterHour: number
  day: number
}

/** How often turns come on a day like the one before, whose webhooks cost what they do on average. */
const turnsOf = (athletes: number, { quarterHour, day }: Reads) => {
  const realtime = Math.round(athletes * webhooksADay)
  const bucketOf = (limit: number) => ({
    ...{ limit, used: 0, windowStart: midnight, byLane: {} },
    before: { used: realtime, byLane: { realtime } },
  })
  const buckets = {
    ...{ overall15m: bucketOf(2 * quarterHour), overallDay: bucketOf(2 * day) },
    ...{ read15m: bucketOf(quarterHour), readDay: bucketOf(day) },
  }
  const callsPerDay = leftForADay(buckets, 'scheduled', midnight)
  const turnsEach = (mode: 'auto' | 'hourly') =>
    cadenceFor({ mode, intervalMs: hourMs, windowDays: 28 }, { athletes, callsPerTurn: 1, callsPerDay }).intervalMs
  // What `auto` bounds is seen without its bound.
  return { shownMs: turnsEach('auto'), neededMs: turnsEach('hourly') }
}

const tableUnder = (heading: string): string[][] => {
  const [, part = ''] = page.split(`\n## ${heading}\n`)
  const [section = ''] = part.split('\n## ')
  const lines = section.split('\n').filter((line) => line.startsWith('| '))
  return lines.slice(1).map((line) => line.slice(2, -2).split(' | '))
}

const numbersIn = (text: string): number[] =>
  [...text.matchAll(/\d[\d,]*/g)].map(([digits]) => Number(digits.replaceAll(',', '')))
const readsOf = (text: string): Reads => {
  const [quarterHour = 0, day = 0] = numbersIn(text)
  return { quarterHour, day }
}
const inWords = (ms: number): string => {
  const [hours, minutes] = [Math.floor(ms / hourMs), (ms % hourMs) / 60_000]
  return minutes === 0 ? `${hours} h` : `${hours} h ${minutes} min`
}

const [carried, stretched] = [tableUnder('Athletes a quota carries'), tableUnder('When turns stretch')]

it('docs/scaling.md has both tables', () => {
  expect([carried.length, stretched.length]).toEqual([5, 8])
})

it.each(carried)('a quota of %s carries as many as it says', (quota, ...counts) => {
  const reads = readsOf(quota)
  for (const [index, hours] of [1, 6, 24, 40].entries()) {
    const [athletes = 0] = numbersIn(counts[index] ?? '')
    expect(turnsOf(athletes, reads).neededMs).toBeLessThanOrEqual(hours * hourMs)
    expect(turnsOf(athletes + 1, reads).neededMs).toBeGreaterThan(hours * hourMs)
  }
})

it.each(stretched)('with %s athletes turns come as often as it says', (athletes, ...often) => {
  const [count = 0] = numbersIn(athletes)
  const computed = ['100 / 1,000', '200 / 2,000'].map((quota) => inWords(turnsOf(count, readsOf(quota)).shownMs))
  expect(often).toEqual(computed)
})
