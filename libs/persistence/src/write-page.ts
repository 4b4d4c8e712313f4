import type { Model, mongo } from 'mongoose'

/**
 * Writes many rows in one round trip, in any order, by the driver: what typed code has made of checked values is neither cast nor
 * checked field by field once more, which takes longer than the write. A field that is undefined is left out.
 */
export const writePage = <Row extends { _id: string }>(
  model: Model<Row>,
  operations: readonly mongo.AnyBulkWriteOperation<Row>[],
): Promise<mongo.BulkWriteResult> =>
  model.collection.bulkWrite(operations as mongo.AnyBulkWriteOperation[], { ordered: false, ignoreUndefined: true })
