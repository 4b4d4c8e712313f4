export { createDayBudget, type DayBudget } from './day-budget.ts'
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
  reasonOf,
  type Showing,
} from './stops.ts'
export { missingIn, type Transition } from './transitions.ts'
export { type Bucket, type Buckets, resetOf } from './windows.ts'
