import type { Lane } from '@slipstream/contracts'
import type { RunState } from './open-row.ts'
import type { Link, Schedule, ScheduleChange } from './schedule.ts'

export interface ScheduleStore {
  find(athleteId: string): Promise<Schedule | null>
  /** Rows that are due, longest first. */
  due(now: Date, limit: number): Promise<Schedule[]>
  /** Open rows whose `publishedAt` lies before this time, oldest first. */
  openSince(publishedBefore: Date, limit: number): Promise<Schedule[]>
  /** Rows whose link is gone. */
  withoutLink(): Promise<Schedule[]>
  /**
   * Writes the next state, and the events with it, if the row is still as it was read (`previous`; null: not there).
   * False when another was faster, with nothing changed.
   */
  save(previous: Schedule | null, change: ScheduleChange): Promise<boolean>
  /** Deletes the row if it is still this link's. */
  remove(athleteId: string, linkId: string): Promise<boolean>
  backlog(): Promise<Map<Lane, number>>
}

export interface LinkReader {
  find(linkId: string): Promise<Link | null>
  findMany(linkIds: string[]): Promise<Map<string, Link>>
  /** Active links without a row of their own, with a request older than themselves, or with a manual sync not taken in. */
  neglected(): Promise<Link[]>
}

export interface RunReader {
  find(runId: string): Promise<RunState | null>
  /** By link: the runs that are open, and those that are to do what the rows want. */
  ofSchedules(schedules: readonly Schedule[]): Promise<Map<string, RunState[]>>
}
