import { TransientError } from '@slipstream/messaging'
import type { ScheduleStore } from '../domain/ports.ts'
import type { Schedule, ScheduleChange } from '../domain/schedule.ts'

const maxRounds = 10

/**
 * Reads an athlete's row, decides, writes; again when another process wrote in between. Null when there was nothing to
 * change.
 * @throws TransientError when others keep changing the row.
 */
export const changeSchedule = async (
  schedules: ScheduleStore,
  athleteId: string,
  decide: (schedule: Schedule | null) => ScheduleChange | null,
): Promise<ScheduleChange | null> => {
  for (let round = 0; round < maxRounds; round += 1) {
    const schedule = await schedules.find(athleteId)
    const change = decide(schedule)
    if (!change || (await schedules.save(schedule, change))) return change
  }
  throw new TransientError('a schedule kept changing while it was being changed')
}
