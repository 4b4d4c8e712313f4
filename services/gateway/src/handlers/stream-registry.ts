interface OpenStream {
  /** Has the athlete's status read again, and sent if it is another; resolves when that is done. */
  wake(): Promise<void>
  end(): void
}

/** Open event streams, so that one athlete cannot hold many, news for all reaches them, and a stop can end them all. */
export interface StreamRegistry {
  /** @returns what to call when the stream has ended */
  enter(athleteId: string, stream: OpenStream): () => void
  isEmpty(): boolean
  /** Some at a time: each reads what it shows. */
  wakeAll(): Promise<void>
  endAll(): void
}

/** More tabs and devices than a person looks at; one more ends the oldest. */
const maxPerAthlete = 5

const wokenAtOnce = 20

export const createStreamRegistry = (): StreamRegistry => {
  const streams = new Map<string, Set<OpenStream>>()
  const all = () => [...streams.values()].flatMap((own) => [...own])
  return {
    enter: (athleteId, stream) => {
      const own = streams.get(athleteId) ?? new Set()
      streams.set(athleteId, own)
      own.add(stream)
      const [oldest] = own
      if (own.size > maxPerAthlete) oldest?.end()
      return () => {
        own.delete(stream)
        if (own.size === 0 && streams.get(athleteId) === own) streams.delete(athleteId)
      }
    },
    isEmpty: () => streams.size === 0,
    wakeAll: async () => {
      const open = all()
      for (let from = 0; from < open.length; from += wokenAtOnce) {
        await Promise.all(open.slice(from, from + wokenAtOnce).map((stream) => stream.wake()))
      }
    },
    endAll: () => {
      for (const stream of all()) stream.end()
    },
  }
}
