/** Something was not done in time, or could not have been. Whether it still takes place is not known. */
export class OverdueError extends Error {
  override readonly name = 'OverdueError'
  readonly code = 'overdue'

  constructor() {
    super('was not done in time')
  }
}

/**
 * What `work` comes to, unless it takes longer; the work itself goes on, and its late answer is dropped.
 * @throws OverdueError
 */
export const withinLimit = async <T>(work: Promise<T>, limitMs: number): Promise<T> => {
  const limit = Promise.withResolvers<never>()
  const timer = setTimeout(() => limit.reject(new OverdueError()), limitMs)
  try {
    return await Promise.race([work, limit.promise])
  } finally {
    clearTimeout(timer)
  }
}
