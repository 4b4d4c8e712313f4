import type { Receipt, WorkoutPage } from '@slipstream/contracts'
import { describe, expect, it } from 'vitest'
import { accessSentence, deletedSentence, earlierTitle, heldWords, receiptFile, receiptTitle } from './receipt-text.ts'

const receipt: Receipt = {
  receiptId: 'rcp_1',
  reason: 'user',
  requestedAt: '2026-11-20T17:59:58.000Z',
  completedAt: '2026-11-20T18:00:00.000Z',
  erasedAt: '2026-11-20T17:59:59.000Z',
  deleted: { workouts: 12, sync_runs: 3, tombstones: 1, events: 14, links: 1, credentials: 1 },
  revokedAtStrava: true,
  note: null,
  actionUrl: null,
}

describe('what was deleted', () => {
  it.each<[Receipt['deleted'], string]>([
    [
      receipt.deleted,
      '12 workouts, 3 sync records, 1 note about a removed workout, 14 messages to other services, 1 connection, our access to Strava',
    ],
    [
      { credentials: 1, workouts: 1_234, links: 0, tombstones: 2 },
      '1,234 workouts, 2 notes about removed workouts, our access to Strava',
    ],
    [{ workouts: 0, a_later_collection: 2, another: 1 }, '3 other records'],
    [{ workouts: 0 }, 'There was nothing left to delete.'],
    [{}, 'There was nothing left to delete.'],
  ])('%j is %s', (deleted, sentence) => expect(deletedSentence(deleted)).toBe(sentence))
})

describe('access at Strava', () => {
  it.each<[Partial<Receipt>, RegExp]>([
    [{}, /^Access was withdrawn at Strava\.$/],
    [{ completedAt: null, revokedAtStrava: false }, /^Withdrawing access at Strava is still to be done/],
    [{ revokedAtStrava: false, note: 'linked_again' }, /was not withdrawn: the account was connected again first/],
    [{ revokedAtStrava: null, note: 'check_strava' }, /is not known.*Strava settings.*revoke/],
    [{ revokedAtStrava: null }, /is not known/],
    [{ revokedAtStrava: false }, /had already ended/],
    [{ revokedAtStrava: false, reason: 'revoked_at_strava' }, /You had withdrawn access/],
  ])('%j', (part, sentence) => expect(accessSentence({ ...receipt, ...part })).toMatch(sentence))
})

describe('the title', () => {
  it.each<[Partial<Receipt>, string]>([
    [{}, 'Strava is disconnected'],
    [{ completedAt: null }, 'Disconnecting…'],
    [{ reason: 'revoked_at_strava' }, 'Access was withdrawn at Strava'],
    [{ reason: 'slot_freed' }, 'Strava was disconnected to free a place'],
    [{ reason: 'policy' }, 'Data of an ended access was deleted'],
    [{ reason: 'policy', completedAt: null }, 'Deleting data of an ended access…'],
  ])('%j is %s', (part, title) => expect(receiptTitle({ ...receipt, ...part })).toBe(title))
})

describe('the title once Strava is connected again', () => {
  it.each<[Receipt['reason'], string]>([
    ['user', 'You disconnected on 20 November 2026'],
    ['revoked_at_strava', 'Access was withdrawn at Strava on 20 November 2026'],
    ['slot_freed', 'Strava was disconnected to free a place on 20 November 2026'],
    ['policy', 'Data of an ended access was deleted on 20 November 2026'],
  ])('%s: %s', (reason, title) => expect(earlierTitle({ reason, requestedAt: '2026-11-20T12:00:00.000Z' })).toBe(title))
})

describe('the file', () => {
  it('says all that the receipt says', () => {
    const { name, text } = receiptFile(receipt)
    expect(name).toBe('receipt-rcp_1.txt')
    expect(text.split('\n')).toEqual([
      'Strava is disconnected',
      '',
      'Receipt: rcp_1',
      'Asked for: 2026-11-20T17:59:58.000Z',
      'Completed: 2026-11-20T18:00:00.000Z',
      '',
      expect.stringMatching(/^Deleted: 12 workouts, /),
      'Access was withdrawn at Strava.',
      '',
    ])
  })

  it('says where to look for what is not known', () => {
    const actionUrl = 'https://www.strava.com/settings/apps'
    expect(receiptFile({ ...receipt, revokedAtStrava: null, note: 'check_strava', actionUrl }).text).toContain(
      actionUrl,
    )
  })

  it('says when it is not complete yet', () => {
    expect(receiptFile({ ...receipt, completedAt: null, erasedAt: null }).text).toContain('is being deleted')
  })

  it('says that the data are gone while access is still being withdrawn', () => {
    const deleted = { workouts: 12, sync_runs: 3 }
    const actionUrl = 'https://www.strava.com/settings/apps'
    const { text } = receiptFile({ ...receipt, completedAt: null, revokedAtStrava: false, deleted, actionUrl })
    expect(text.split('\n').slice(4)).toEqual([
      'Erased: 2026-11-20T17:59:59.000Z',
      '',
      'Deleted: 12 workouts, 3 sync records',
      expect.stringMatching(/^Withdrawing access at Strava is still to be done; we go on trying\..*My Apps/),
      actionUrl,
      '',
    ])
  })
})

describe('what a disconnect would delete', () => {
  const items = (count: number) => Array.from({ length: count }, () => ({}) as WorkoutPage['items'][number])
  it.each<[Pick<WorkoutPage, 'items' | 'nextCursor'> | null, string]>([
    [{ items: items(37), nextCursor: null }, 'all 37 workouts that came from there'],
    [{ items: items(1), nextCursor: null }, 'the 1 workout that came from there'],
    [{ items: items(20), nextCursor: 'next' }, 'all workouts that came from there, more than the 20 shown here'],
    [{ items: [], nextCursor: null }, 'every workout that came from there'],
    [null, 'every workout that came from there'],
  ])('is told with as many as are known', (page, words) => expect(heldWords(page)).toBe(words))
})
