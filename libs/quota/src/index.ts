export {
  type AllowanceLeft,
  type CallReport,
  createQuotaLedger,
  QuotaContendedError,
  type QuotaLedger,
  type QuotaStatus,
  type TakeResult,
  type Wait,
} from './ledger.ts'
export type { PermitRequest, Refused } from './permit.ts'
export {
  type ApiOperation,
  type CalledOperation,
  type OpenStop,
  type Operation,
  reasonOf,
  type Showing,
} from './stops.ts'
export { missingIn, type Turn } from './turns.ts'
export type { Bucket, Buckets, QuotaReading } from './windows.ts'
