/** MongoDB's code for a write that a unique index refused. */
const duplicateKeyCode = 11_000

/** Whether a unique index refused the write: the fact is there already, or somebody else was faster. */
export const isDuplicateKey = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === duplicateKeyCode
