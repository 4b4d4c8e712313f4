export {
  createQuotaLedger,
  QuotaContendedError,
  type QuotaLedger,
  type QuotaStatus,
  type TakeResult,
} from './ledger.ts'
export {
  type Bucket,
  type BucketName,
  type Buckets,
  bucketNames,
  type QuotaReading,
} from './windows.ts'
