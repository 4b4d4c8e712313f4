/** A map that forgets what was set longest ago when it is full. */
export const createBoundedMap = <Value>(size: number) => {
  const entries = new Map<string, Value>()
  return {
    get: (key: string): Value | undefined => entries.get(key),
    set: (key: string, value: Value): void => {
      entries.delete(key)
      const oldest = entries.keys().next().value
      if (entries.size >= size && oldest !== undefined) entries.delete(oldest)
      entries.set(key, value)
    },
  }
}
