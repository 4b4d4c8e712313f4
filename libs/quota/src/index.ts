export {
  type AllowanceLeft,
  createQuotaLedger,
  QuotaContendedError,
  type QuotaLedger,
  type QuotaStatus,
  type TakeResult,
} from './ledger.ts'
export type { PermitRequest } from './permit.ts'
export type { Bucket, Buckets, QuotaReading } from './windows.ts'
