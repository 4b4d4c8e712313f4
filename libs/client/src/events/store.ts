/**
 * What a subscriber remembers of the events it has handled: numbers under keys. It has to keep them for 8 days, a day
 * longer than the stream keeps events.
 */
export interface EventStore {
  /** The numbers that stand under these keys; those that do not are left out. */
  read(keys: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** Puts each number under its key unless a larger one stands there. */
  raise(numbers: ReadonlyMap<string, number>): Promise<void>
}

/** Lost at the end of the process: what was handled just before may then be handled again. Keeps the newest 100,000 keys. */
export const memoryStore = (): EventStore => {
  const mostKeys = 100_000
  const numbers = new Map<string, number>()
  const raiseOne = (key: string, value: number) => {
    const known = numbers.get(key) ?? value
    // Back to the end, so that the oldest is the first to go.
    numbers.delete(key)
    numbers.set(key, Math.max(known, value))
    const [oldest] = numbers.keys()
    if (numbers.size > mostKeys && oldest !== undefined) numbers.delete(oldest)
  }
  return {
    read: async (keys) =>
      new Map(
        keys.flatMap((key) => {
          const value = numbers.get(key)
          return value === undefined ? [] : [[key, value] as const]
        }),
      ),
    raise: async (raised) => {
      for (const [key, value] of raised) raiseOne(key, value)
    },
  }
}
