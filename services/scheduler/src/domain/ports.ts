import type { Lane } from '@slipstream/contracts'
import type { ChangeSource, ReceiptRow, WantedActivity, WebhookInboxRow } from '@slipstream/records'
import type { Closed } from './looks.ts'
import type { RunState } from './open-row.ts'
import type { Told } from './overtaken.ts'
import type { Link, Schedule, ScheduleChange } from './schedule.ts'

export interface ScheduleStore {
  find(athleteId: string): Promise<Schedule | null>
  /** Rows that are due, longest first. */
  due(now: Date, limit: number): Promise<Schedule[]>
  /** Open rows whose `publishedAt` lies before this time, oldest first. */
  openSince(publishedBefore: Date, limit: number): Promise<Schedule[]>
  /**
   * Writes the next state, and the events with it, if the row is still as it was read (`previous`; null: not there).
   * False when another was faster, with nothing changed.
   */
  save(previous: Schedule | null, change: ScheduleChange): Promise<boolean>
  /** Deletes the row if it is still this link's. */
  remove(athleteId: string, linkId: string): Promise<boolean>
  /** Open wants in every lane, and when the newest want came of the athlete who has waited longest; null: none. */
  backlog(): Promise<Map<Lane, { athletes: number; oldestAt: Date | null }>>
  /** How many athletes there are, about, whether they take turns or not. */
  count(): Promise<number>
  /** Athletes whose window was not proven complete since then; counts no further than 20,000. */
  countIncomplete(since: Date): Promise<number>
}

export interface LinkReader {
  find(linkId: string): Promise<Link | null>
  findMany(linkIds: string[]): Promise<Map<string, Link>>
  /** How many take turns, about. */
  countActive(): Promise<number>
  /** All links, in the order in which they were made or last changed their status. */
  changed: ChangeSource<Link>
  /** Links with a sync that was asked for by hand, in the order of the last one. */
  asked: ChangeSource<Link>
}

/** A link that was ended. */
export type EndedLink = Pick<ReceiptRow, '_id' | 'athleteId' | 'linkId' | 'requestedAt'>

export interface ReceiptReader {
  /** In the order in which links were ended. */
  ended: ChangeSource<EndedLink>
}

export type InboxRow = Omit<WebhookInboxRow, 'outbox'>

/** A notice as a run was asked for it. */
export type AskedNotice = Pick<WantedActivity, 'inboxId' | 'returned'>

/** What webhooks said of activities. */
export interface Inbox {
  find(inboxId: string): Promise<InboxRow | null>
  /** Those that are to be taken in by now, longest waiting first. */
  notTaken(now: Date, limit: number): Promise<InboxRow[]>
  /** Unless they were put back since they were read: their run may have ended already. */
  markTaken(rows: readonly InboxRow[], now: Date): Promise<void>
  /** What else was said of the same activity, in the second of this notice or since; of many the newest. */
  saidSince(notice: InboxRow): Promise<Told[]>
  /** Are taken in when their athlete may be asked for again; nobody has asked for them yet. */
  putOff(rows: readonly InboxRow[], closed: Closed): Promise<void>
  /** All of a link that are to be taken in by now, and are held by this. */
  putOffDue(linkId: string, closed: Closed, now: Date): Promise<void>
  /** Could not be taken in so many times, and are tried again at that time. */
  postpone(rows: readonly InboxRow[], again: { failures: number; nextTryAt: Date }): Promise<void>
  /** What a run has left over is taken in again at that time. False, with nothing changed, when it was put back since. */
  putBack(asked: AskedNotice, again: { attempts: number; nextTryAt: Date }): Promise<boolean>
  /** What no run has found is not asked for any more. False, with nothing changed, when that was noted before. */
  giveUp(asked: AskedNotice, now: Date): Promise<boolean>
}

export interface RunReader {
  find(runId: string): Promise<RunState | null>
  /** By link: the runs that are open, and those that are to do what the rows want. */
  ofSchedules(schedules: readonly Schedule[]): Promise<Map<string, RunState[]>>
  /** How many calls the last turns took, on average; 1 where there was none. */
  callsPerTurn(): Promise<number>
}
