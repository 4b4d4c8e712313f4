/** Open event streams, so that one athlete cannot hold many and a stop can end them all. */
export interface StreamRegistry {
  /** @returns what to call when the stream has ended */
  enter(athleteId: string, end: () => void): () => void
  endAll(): void
}

/** More tabs and devices than a person looks at; one more ends the oldest. */
const maxPerAthlete = 5

export const createStreamRegistry = (): StreamRegistry => {
  const streams = new Map<string, Set<() => void>>()
  return {
    enter: (athleteId, end) => {
      const own = streams.get(athleteId) ?? new Set()
      streams.set(athleteId, own)
      own.add(end)
      const [oldest] = own
      if (own.size > maxPerAthlete) oldest?.()
      return () => {
        own.delete(end)
        if (own.size === 0 && streams.get(athleteId) === own) streams.delete(athleteId)
      }
    },
    endAll: () => {
      for (const end of [...streams.values()].flatMap((own) => [...own])) end()
    },
  }
}
