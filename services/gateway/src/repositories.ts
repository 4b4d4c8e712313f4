import type { Store } from '@slipstream/persistence'
import type { NewId } from '@slipstream/runtime'
import { createErasures } from './adapters/erasures.ts'
import { createInbox } from './adapters/inbox.ts'
import { createLinkAttempts } from './adapters/link-attempts.ts'
import { createLinks } from './adapters/links.ts'
import { createProfiles } from './adapters/profiles.ts'
import { createReceipts } from './adapters/receipts.ts'
import { createSetAsides } from './adapters/set-asides.ts'
import { createSyncView } from './adapters/sync-view.ts'
import { createWorkouts } from './adapters/workouts.ts'

export const createRepositories = ({ collections }: Store<'gateway'>, newId: NewId) => ({
  profiles: createProfiles(collections.profiles),
  links: createLinks(collections.links),
  attempts: createLinkAttempts(collections.linkTransactions, newId),
  receipts: createReceipts(collections.receipts),
  inbox: createInbox(collections.webhookInbox, newId),
  erasures: createErasures(collections.erasures),
  setAsides: createSetAsides(collections.deadLetters),
  workouts: createWorkouts(collections.workouts),
  syncView: createSyncView(collections),
})
