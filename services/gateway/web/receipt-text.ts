import type { Receipt, WorkoutPage } from '@slipstream/contracts'
import { formatCount, formatDay, formatInstant } from './format.ts'

/** What was deleted in words of the athlete, the most wanted first. Other names are of later releases. */
const things: readonly [name: string, one: string, many?: string][] = [
  ['workouts', 'workout'],
  ['sync_runs', 'sync record'],
  ['tombstones', 'note about a removed workout', 'notes about removed workouts'],
  ['events', 'message to other services', 'messages to other services'],
  ['links', 'connection'],
]
/** Named, not counted: how many keys it took is nothing to the athlete. */
const access = { name: 'credentials', words: 'our access to Strava' }

/** `12 workouts, 3 sync records, 1 connection, our access to Strava`. */
export const deletedSentence = (deleted: Receipt['deleted']): string => {
  const known = new Set([...things.map(([name]) => name), access.name])
  const others = Object.entries(deleted).reduce((sum, [name, count]) => sum + (known.has(name) ? 0 : count), 0)
  const counted = [
    ...things.map(([name, one, many]) => [deleted[name] ?? 0, one, many] as const),
    [others, 'other record'] as const,
  ].flatMap(([count, one, many]) => (count === 0 ? [] : [formatCount(count, one, many)]))
  const parts = (deleted[access.name] ?? 0) === 0 ? counted : [...counted, access.words]
  return parts.length === 0 ? 'There was nothing left to delete.' : parts.join(', ')
}

/** What a disconnect would delete, with as many as are shown: `all 37 workouts that came from there`. */
export const heldWords = (page: Pick<WorkoutPage, 'items' | 'nextCursor'> | null): string => {
  const shown = page?.items.length ?? 0
  if (shown === 0) return 'every workout that came from there'
  if (page?.nextCursor !== null) return `all workouts that came from there, more than the ${shown} shown here`
  return `${shown === 1 ? 'the' : 'all'} ${formatCount(shown, 'workout')} that came from there`
}

const titles: Record<Receipt['reason'], string> = {
  user: 'Strava is disconnected',
  revoked_at_strava: 'Access was withdrawn at Strava',
  slot_freed: 'Strava was disconnected to free a place',
  policy: 'Data of an ended access was deleted',
}

export const receiptTitle = ({ reason, completedAt }: Pick<Receipt, 'reason' | 'completedAt'>): string => {
  if (completedAt !== null) return titles[reason]
  return reason === 'policy' ? 'Deleting data of an ended access…' : 'Disconnecting…'
}

const earlierTitles: Record<Receipt['reason'], string> = { ...titles, user: 'You disconnected' }

/** The title once Strava is connected again: of what was, lest it contradict the connection. */
export const earlierTitle = ({ reason, requestedAt }: Pick<Receipt, 'reason' | 'requestedAt'>): string =>
  `${earlierTitles[reason]} on ${formatDay(requestedAt)}`

/** What has become of the access at Strava once the data are gone; where that is not known, it says how to find out. */
export const accessSentence = ({
  reason,
  completedAt,
  revokedAtStrava,
  note,
}: Pick<Receipt, 'reason' | 'completedAt' | 'revokedAtStrava' | 'note'>): string => {
  if (completedAt === null)
    return 'Withdrawing access at Strava is still to be done; we go on trying. You can also remove the app under My Apps at Strava.'
  if (revokedAtStrava) return 'Access was withdrawn at Strava.'
  if (note === 'linked_again') return 'Access at Strava was not withdrawn: the account was connected again first.'
  if (note === 'check_strava' || revokedAtStrava === null)
    return 'Whether access at Strava has ended is not known. Please look under My Apps in your Strava settings: if this application is listed there, revoke its access.'
  if (reason === 'revoked_at_strava') return 'You had withdrawn access at Strava yourself.'
  return 'Access at Strava had already ended, so there was nothing to withdraw.'
}

export const progressSentence = 'Syncing has stopped. Your data is being deleted.'

export const erasedSentence = (erasedAt: string, now: Date): string =>
  `Everything that came from Strava was deleted ${formatInstant(erasedAt, now)}.`

const lines = (receipt: Receipt): string[] => {
  const { receiptId, requestedAt, completedAt, erasedAt, deleted, actionUrl } = receipt
  const head = [receiptTitle(receipt), '', `Receipt: ${receiptId}`, `Asked for: ${requestedAt}`]
  if (completedAt === null && erasedAt === null) return [...head, '', progressSentence]
  return [
    ...head,
    completedAt === null ? `Erased: ${erasedAt}` : `Completed: ${completedAt}`,
    '',
    `Deleted: ${deletedSentence(deleted)}`,
    accessSentence(receipt),
    ...(actionUrl === null ? [] : [actionUrl]),
  ]
}

/** The receipt to keep: plain text, times in UTC. */
export const receiptFile = (receipt: Receipt): { name: string; text: string } => ({
  name: `receipt-${receipt.receiptId}.txt`,
  text: `${lines(receipt).join('\n')}\n`,
})
