import type { Notice, OutboxEvent, Profile, ProfileSubmission, SetAside, Workout } from '@slipstream/contracts'
import type { AttemptAnswer, PendingLink, PushSubscriptionRow, WebhookInboxRow } from '@slipstream/records'
import type { Secret } from '@slipstream/runtime'
import type { StravaAthlete } from '@slipstream/strava'
import type { Cursor } from './cursor.ts'
import type {
  Link,
  LinkAttempt,
  LinkedEvent,
  NewLink,
  NewLinkAttempt,
  RunView,
  ScheduleView,
  UnlinkReceipt,
} from './model.ts'

export interface Profiles {
  find(athleteId: string): Promise<Profile | null>
  /** The time of the first submission stays. */
  submit(athleteId: string, profile: ProfileSubmission, now: Date): Promise<Profile>
}

/** A link that is in the way of a new one: a unique index refused it. Read both again and decide anew. */
export class LinkConflictError extends Error {
  override readonly name = 'LinkConflictError'
  readonly code = 'link_conflict'
}

/** What webhooks said. */
export interface Inbox {
  /** False when it is there already. With `isRelayed` an event goes out with it. */
  add(row: Omit<WebhookInboxRow, 'outbox'>, options: { isRelayed: boolean }): Promise<boolean>
  removeOf(linkId: string): Promise<void>
  /** What was said of a link and is still kept, oldest first. */
  toldOf(linkId: string, limit: number): Promise<Notice[]>
  /** The notice about an athlete that has been due for the longest. */
  dueOfAthletes(now: Date): Promise<AthleteNotice | null>
  /** What was said of the link's athlete until then is true, or is not: there is nothing more to find out. */
  settle(linkId: string, receivedUntil: Date, now: Date): Promise<void>
  /** None that waits of the link's athlete is looked at before `nextTryAt`. */
  postpone(linkId: string, next: { attempts: number; nextTryAt: Date }): Promise<void>
}

export type AthleteNotice = Pick<WebhookInboxRow, 'athleteId' | 'linkId' | 'attempts'>

export type Subscription = Omit<PushSubscriptionRow, '_id'>

/** What is known of the app's push subscription. */
export interface Subscriptions {
  find(): Promise<Subscription | null>
  /** Gives the look that is due, or that is due beyond `notBeyond`, to one replica, until then or until it says when the next is. */
  takeCheck(now: Date, bounds: { until: Date; notBeyond: Date | null }): Promise<boolean>
  set(change: Partial<Subscription>): Promise<void>
}

export interface Links {
  find(linkId: string): Promise<Link | null>
  ofAthlete(athleteId: string): Promise<Link | null>
  ofAccount(stravaAthleteId: string): Promise<Link | null>
  count(): Promise<number>
  countByStatus(): Promise<Partial<Record<string, number>>>
  /** @throws LinkConflictError when the athlete or the Strava account has a link by now. */
  create(link: NewLink, event: LinkedEvent): Promise<void>
  /** Makes the link active again with the scopes just granted; false when it is gone. */
  renew(linkId: string, granted: Pick<Link, 'displayName' | 'scopes'>, event: LinkedEvent, now: Date): Promise<boolean>
  /** Only while the last manual request is still `replacing`; false when another came first. */
  askSync(linkId: string, replacing: string | null, event: OutboxEvent<'sync.triggered'>): Promise<boolean>
  /** Gives the look for a revocation that is due to one caller, of whatever replica; nobody else has one before `next`. */
  takeRevocationLook(linkId: string, now: Date, next: Date): Promise<boolean>
  /** That look found nothing out: the next is due then. */
  postponeRevocationLook(linkId: string, next: Date): Promise<void>
  /** Only an active link whose grant is not newer than `since`. */
  requireReauth(linkId: string, code: string, since: Date): Promise<boolean>
  /** Only a link that waits for its grant alone becomes active again. */
  revive(linkId: string, event: LinkedEvent, now: Date): Promise<boolean>
  remove(linkId: string): Promise<void>
}

/** Every step is one conditional write that checks step and deadline itself, so a one-time value works once. */
export interface LinkAttempts {
  issue(attempt: NewLinkAttempt, now: Date): Promise<void>
  findByLinkToken(linkTokenHash: string): Promise<LinkAttempt | null>
  find(id: string): Promise<LinkAttempt | null>
  /** Whose attempts have this hash of a browser's secret. */
  athletesWith(place: 'browserHash' | 'transactionCookieHash', hash: string): Promise<string[]>
  /** `issued` → `authorizing`; false when the link token was used or has expired. */
  authorize(
    id: string,
    next: { stateHash: string; transactionCookieHash: string; expiresAt: Date },
    now: Date,
  ): Promise<boolean>
  findByState(stateHash: string): Promise<LinkAttempt | null>
  /** `authorizing` → `exchanging`; false when the state was used. With `transactionCookieHash` the attempt moves to another browser. */
  consumeState(
    id: string,
    taken: { codeHash: string; expiresAt: Date; transactionCookieHash?: string },
  ): Promise<boolean>
  /**
   * A row of its own, in `exchanging`, for another code that came with the state of an attempt, or the one of this code's first time;
   * `too_many` when this code is not to be looked at.
   */
  takeLaterCode(
    attempt: LinkAttempt,
    taken: { codeHash: string; expiresAt: Date },
    now: Date,
  ): Promise<{ isNew: boolean; attempt: LinkAttempt } | 'too_many'>
  /** Written before the tokens are sealed, so that whatever happens next the grant can be found and taken back. */
  recordGrant(id: string, pendingLink: PendingLink, now: Date): Promise<void>
  /** `exchanging` → `pending`: waits for the app. */
  offerResult(id: string, next: { resultHash: string; expiresAt: Date }): Promise<void>
  /** A new result in place of the one before, and no longer good than that; false when the attempt waits for the app no more. */
  renewResult(id: string, resultHash: string, now: Date): Promise<boolean>
  findByResult(resultHash: string): Promise<LinkAttempt | null>
  /** `pending` → `exchanging`; false when the result was used or has expired. */
  consumeResult(id: string, expiresAt: Date, now: Date): Promise<boolean>
  finish(id: string, answer: AttemptAnswer, now: Date): Promise<void>
  /** Whether the athlete was refused with one of these codes since Strava was last linked; remembered for a day. */
  wasRefused(athleteId: string, codes: readonly string[]): Promise<boolean>
  hasGrantWaiting(athleteId: string, now: Date): Promise<boolean>
  /** Other athletes whose code is being exchanged, or whose grant waits for the app or to be taken back. */
  othersWithGrantWaiting(athleteId: string): Promise<string[]>
  /** Attempts that stayed in `exchanging` or `pending`, whose deadline passed before `expiredBefore`, and whose next try is due. */
  abandoned(expiredBefore: Date, now: Date, limit: number): Promise<LinkAttempt[]>
  /** Taking its grant back failed and is not tried again before `nextTryAt`. */
  postpone(id: string, attempts: number, nextTryAt: Date): Promise<void>
}

/** Asks Strava about a grant that was just given; each costs one call, which may be held back or fail. */
export interface GrantProof {
  /** False when Strava says that the grant has ended; one that cannot be asked about is not doubted. */
  isAlive(grant: { accessToken: Secret; athleteId: string }): Promise<boolean>
  /** Whether it permits to read activities; null where that cannot be known now. */
  readsActivities(grant: { accessToken: Secret; athleteId: string }): Promise<boolean | null>
  /** Whose it is; null where that cannot be known now. */
  athleteOf(grant: { accessToken: Secret; athleteId: string }): Promise<StravaAthlete | null>
}

export interface Receipts {
  /** One receipt ends a link; an earlier one is given back as it is. */
  open(
    receipt: Pick<UnlinkReceipt, 'receiptId' | 'athleteId' | 'linkId' | 'reason' | 'requestedAt'>,
    event: OutboxEvent<'athlete.unlinked'>,
  ): Promise<UnlinkReceipt>
  /** One receipt for each death of a grant, for the data that came under it; it ends no link, and nothing is told. */
  openForPolicy(
    grant: Pick<UnlinkReceipt, 'athleteId' | 'linkId'> & { diedAt: Date },
    now: Date,
  ): Promise<UnlinkReceipt>
  find(receiptId: string, athleteId: string): Promise<UnlinkReceipt | null>
  /** Of the athlete, newest first. */
  newest(athleteId: string, limit: number): Promise<UnlinkReceipt[]>
  /** The newest of those that end a link of the athlete and are not complete. */
  incompleteOf(athleteId: string): Promise<UnlinkReceipt | null>
  /** Receipts whose link may still be there or whose grant is not ended yet, and whose next try is due. */
  toWipe(now: Date, limit: number): Promise<UnlinkReceipt[]>
  /** The link is gone, its grant ended or its revocation owed by the account: nothing is left to begin. */
  noteWiped(receiptId: string, now: Date): Promise<void>
  /** Wiping failed and is not tried again before `nextTryAt`. */
  postponeWipe(receiptId: string, attempts: number, nextTryAt: Date): Promise<void>
  /** Receipts that do not say yet what was erased, oldest first, from the one behind `after` on. */
  unerased(after: UnlinkReceipt | null, limit: number): Promise<UnlinkReceipt[]>
  /** Since when the receipt that has waited longest is not complete; null when all are. */
  incompleteSince(): Promise<Date | null>
  /** The receipt that ends a link, complete or not. */
  endOf(linkId: string): Promise<UnlinkReceipt | null>
  /**
   * What became of the grant of an ended link. May be repeated, in any order: the larger counts stay, and what Strava has
   * confirmed is not taken back.
   */
  settleRevocation(
    linkId: string,
    outcome: Pick<UnlinkReceipt, 'revokedAtStrava' | 'note'> & { deleted: { links: number; credentials: number } },
    now: Date,
  ): Promise<void>
  recordErasure(receiptId: string, deleted: Record<string, number>, erasedAt: Date, now: Date): Promise<boolean>
}

/** What ingestion erased, as it has it; read only. */
export interface Erasures {
  /** Those of these receipts that are done, by receiptId. */
  done(receiptIds: string[]): Promise<Map<string, { deleted: Record<string, number>; erasedAt: Date }>>
}

export interface WorkoutsFilter {
  linkId: string
  from: Date | null
  to: Date | null
  sportType: string | null
  after: Cursor | null
  limit: number
}

/** Workouts of an athlete's present link; written by ingestion. */
export interface Workouts {
  /** Newest first. */
  list(query: WorkoutsFilter): Promise<Workout[]>
  find(linkId: string, workoutId: string): Promise<Workout | null>
  /** Each once, in no order. */
  sportTypes(linkId: string): Promise<string[]>
}

/** Dead letters of all services; read only. */
export interface SetAsides {
  /** Of the athlete, newest first. */
  newest(athleteId: string, limit: number): Promise<SetAside[]>
}

/** What the other services hold about an athlete's syncing; read only. */
export interface SyncView {
  schedule(link: Link): Promise<ScheduleView | null>
  /** The link's open runs, and those that are to do what the schedule wants. */
  runs(link: Link, schedule: ScheduleView | null): Promise<RunView[]>
  /** Leaves out runs that were not needed. */
  /** Newest first, behind a cursor. */
  newest(link: Link, after: Cursor | null, limit: number): Promise<RunView[]>
  lastFinished(link: Link, outcome?: 'succeeded'): Promise<RunView | null>
  /** The last run that succeeded and from which no activity is held back. */
  lastComplete(link: Link): Promise<RunView | null>
  /** How many of the last 1,000 people's requests before `requestedAt` are still open: so many at least wait. */
  interactiveBefore(requestedAt: Date): Promise<number>
}
