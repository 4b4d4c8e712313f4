import type { mongo } from 'mongoose'

/** MongoDB's code for a write that a unique index refused. */
const duplicateKeyCode = 11_000

/** Whether a unique index refused a single write: the fact is there already, or somebody else was faster. */
export const isDuplicateKey = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === duplicateKeyCode

type BulkWriteFailure = Pick<mongo.MongoBulkWriteError, 'writeErrors' | 'result'>

const isBulkWriteFailure = (error: unknown): error is BulkWriteFailure =>
  error instanceof Error && 'writeErrors' in error

/**
 * Which of the writes of a page a unique index refused, by their places. Null when anything else went wrong as well, or it is
 * not sure that the others are safe: the driver tells of the refused writes only, and of that beside them.
 */
export const duplicatesIn = (error: unknown): ReadonlySet<number> | null => {
  if (!isBulkWriteFailure(error) || error.result.getWriteConcernError() !== undefined) return null
  const refused = [error.writeErrors].flat()
  // A connection that was lost in the middle fails without a word about any row.
  if (refused.length === 0) return null
  return refused.every(({ code }) => code === duplicateKeyCode) ? new Set(refused.map(({ index }) => index)) : null
}
