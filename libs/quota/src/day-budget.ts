import type { Lane } from '@slipstream/contracts'
import type { Collections } from '@slipstream/persistence'
import type { QuotaRow } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import { leftForADay } from './lane-budget.ts'
import { initialBuckets, rollWindows } from './windows.ts'

/** @returns how many calls a lane may make in a day beside what the others make */
export type DayBudget = (lane: Lane) => Promise<number>

/** For whoever decides how much is asked for and calls nobody. It reads the newest row: an app that was replaced has left an older one. */
export const createDayBudget =
  ({ quota }: Pick<Collections<'scheduler'>, 'quota'>, clock: Clock): DayBudget =>
  async (lane) => {
    const now = clock.now()
    const row = await quota.findOne().sort({ 'readDay.windowStart': -1 }).lean<QuotaRow>()
    return leftForADay(row ? rollWindows(row, now) : initialBuckets(now), lane, now)
  }
