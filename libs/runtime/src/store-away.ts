/** Classes of the MongoDB driver and mongoose which say that the server cannot be reached now. */
const awayNames =
  /^(Mongo(Network|NetworkTimeout|ServerSelection|NotConnected|PoolCleared|PoolClosed|WaitQueueTimeout|OperationTimeout|TopologyClosed|ClientClosed)|Mongoose(ServerSelection)?)Error$/

/** What the driver marks an error with that passes by itself, such as the step-down of a primary. */
const passingLabels = ['TransientTransactionError', 'RetryableWriteError']

/** Whether MongoDB is away, or just chooses a new primary: an outage of the store, and no fault of what asked it. */
export const isStoreAway = (error: unknown): boolean => {
  if (!(error instanceof Error)) return false
  const { hasErrorLabel } = error as { hasErrorLabel?: unknown }
  const isPassing =
    typeof hasErrorLabel === 'function' && passingLabels.some((label) => hasErrorLabel.call(error, label))
  return isPassing || awayNames.test(error.name)
}
