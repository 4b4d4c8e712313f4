import type { Lane } from '@slipstream/contracts'
import type { Link, RunState, Schedule, ScheduleChange } from './schedule.ts'

export interface ScheduleStore {
  find(athleteId: string): Promise<Schedule | null>
  /** Rows that are due, longest first. */
  due(now: Date, limit: number): Promise<Schedule[]>
  /** Open rows that NATS was asked for before this time, in batches. */
  openSince(publishedBefore: Date, batchSize: number): AsyncIterable<Schedule[]>
  /** Rows whose link is gone. */
  withoutLink(): Promise<Schedule[]>
  /**
   * Writes the next state, and the event with it, if the row is still as it was read (`previous`; null: not there).
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
  findMany(runIds: string[]): Promise<Map<string, RunState>>
}
