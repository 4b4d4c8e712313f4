import { accounts } from './accounts.ts'
import { answeredRequests, requestCounts } from './callers.ts'
import { credentials } from './credentials.ts'
import type { CollectionDefinition } from './definition.ts'
import { deadLetters, deliveryAttempts } from './deliveries.ts'
import { athletes, links, linkTransactions, profiles, receipts } from './gateway.ts'
import { erasures, fetchTickets, syncRuns, tombstones, workouts } from './ingestion.ts'
import { allowances, quota } from './quota.ts'
import { schedules } from './scheduler.ts'
import { sweepMarks } from './sweeps.ts'
import { pushSubscription, webhookInbox } from './webhooks.ts'

export const collections = {
  athletes,
  profiles,
  links,
  linkTransactions,
  receipts,
  webhookInbox,
  pushSubscription,
  requestCounts,
  answeredRequests,
  credentials,
  accounts,
  schedules,
  workouts,
  tombstones,
  fetchTickets,
  syncRuns,
  erasures,
  quota,
  allowances,
  deadLetters,
  deliveryAttempts,
  sweepMarks,
} as const

export type CollectionKey = keyof typeof collections
export type RowOf<Key extends CollectionKey> =
  (typeof collections)[Key] extends CollectionDefinition<infer Row> ? Row : never

/**
 * Who may write what: one writer per collection, except those written through one library only (`credentials` and
 * `accounts` by libs/vault, `quota` and `allowances` by libs/quota, `dead_letters` and `delivery_attempts` by the delivery log),
 * and `webhook_inbox`, into which the gateway inserts and where the scheduler sets `takenAt`.
 */
export const writes = {
  gateway: [
    'athletes',
    'profiles',
    'links',
    'linkTransactions',
    'receipts',
    'webhookInbox',
    'pushSubscription',
    'requestCounts',
    'answeredRequests',
    'credentials',
    'accounts',
    'quota',
    'allowances',
    'deadLetters',
    'deliveryAttempts',
    'sweepMarks',
  ],
  scheduler: ['schedules', 'webhookInbox', 'deadLetters', 'deliveryAttempts', 'sweepMarks'],
  ingestion: [
    'workouts',
    'tombstones',
    'fetchTickets',
    'syncRuns',
    'erasures',
    'quota',
    'allowances',
    'credentials',
    'accounts',
    'deadLetters',
    'deliveryAttempts',
  ],
  /** `libs/cli`: through the delivery log; the ledger it only reads. */
  operator: ['quota', 'allowances', 'deadLetters', 'deliveryAttempts'],
} as const satisfies Record<string, readonly CollectionKey[]>

export type Owner = keyof typeof writes
