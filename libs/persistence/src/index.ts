export type { DeadLetterDocument, DeliveryAttemptDocument } from './collections/deliveries.ts'
export type {
  AthleteDocument,
  CredentialDocument,
  LinkDocument,
  LinkTransactionDocument,
  ProfileDocument,
  ReceiptDocument,
  SealedText,
} from './collections/gateway.ts'
export { type CollectionKey, collections, type DocumentOf, type Owner, writes } from './collections/index.ts'
export type {
  FetchTicketDocument,
  QuotaDocument,
  SyncRunDocument,
  WorkoutDocument,
  WorkoutFacts,
} from './collections/ingestion.ts'
export type { ScheduleDocument } from './collections/scheduler.ts'
export { createDeliveryLog, type DeliveryLog } from './delivery-log.ts'
export { isDuplicateKey } from './duplicate-key.ts'
export { checkIndexes, ensureIndexes, MissingIndexError } from './indexes.ts'
export { mongoOutboxSource, type OutboxSource } from './outbox-source.ts'
export { type Collections, connectStore, type Store, type WritableCollection } from './store.ts'
