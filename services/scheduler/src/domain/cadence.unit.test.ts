import { describe, expect, test } from 'vitest'
import { type CadenceSettings, cadenceFor, type Demand } from './cadence.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs

const settings: CadenceSettings = { mode: 'auto', intervalMs: hourMs, windowDays: 28 }

/** In minutes; negative: as set, and not stretched. */
const every = (demand: Demand, changes: Partial<CadenceSettings> = {}) => {
  const { intervalMs, isStretched } = cadenceFor({ ...settings, ...changes }, demand)
  return { minutes: intervalMs / minuteMs, isStretched }
}

describe('turns', () => {
  test.each<[string, Demand, Partial<CadenceSettings>, number, boolean]>([
    ['as often as set', { athletes: 10, callsPerTurn: 1, callsPerDay: 900 }, {}, 60, false],
    ['as often as set, just', { athletes: 38, callsPerTurn: 0.9375, callsPerDay: 900 }, {}, 60, false],
    ['stretched as far as needed', { athletes: 100, callsPerTurn: 1, callsPerDay: 900 }, {}, 169, true],
    ['in whole minutes', { athletes: 100, callsPerTurn: 1, callsPerDay: 1_000 }, {}, 152, true],
    ['and further for long windows', { athletes: 100, callsPerTurn: 1.5, callsPerDay: 900 }, {}, 253, true],
    ['less than 48 h apart', { athletes: 5_000, callsPerTurn: 1, callsPerDay: 900 }, {}, 2_400, true],
    ['less than 48 h apart where nothing is left', { athletes: 1, callsPerTurn: 1, callsPerDay: 0 }, {}, 2_400, true],
    ['as rarely as set', { athletes: 1, callsPerTurn: 1, callsPerDay: 0 }, { intervalMs: 50 * hourMs }, 3_000, false],
    [
      'evenly, however far, where they are all there is',
      { athletes: 3_000, callsPerTurn: 1, callsPerDay: 900 },
      { mode: 'hourly' },
      5_053,
      true,
    ],
    [
      'as long as anything is kept',
      { athletes: 9_000, callsPerTurn: 1, callsPerDay: 900 },
      { mode: 'hourly' },
      8_640,
      true,
    ],
  ])('come %s', (_how, demand, changes, minutes, isStretched) => {
    expect(every(demand, changes)).toEqual({ minutes, isStretched })
  })

  test('of no athlete come as set', () => {
    expect(every({ athletes: 0, callsPerTurn: 1, callsPerDay: 900 })).toEqual({ minutes: 60, isStretched: false })
  })
})
