/** The steps of a stop, each aborted at its time. */
export interface StopSignals {
  /** Nothing new is begun. */
  intake: AbortSignal
  /** Handlers still at work are told to end. */
  deadline: AbortSignal
  /** Whoever has not ended is no longer waited for; its message goes back. */
  abandon: AbortSignal
}

const deadlineMs = 18_000
const abandonMs = 20_000

export const createStopSignals = (): { signals: StopSignals; begin(): void; end(): void } => {
  const intake = new AbortController()
  const deadline = new AbortController()
  const abandon = new AbortController()
  const timers: NodeJS.Timeout[] = []
  return {
    signals: { intake: intake.signal, deadline: deadline.signal, abandon: abandon.signal },
    begin: () => {
      intake.abort()
      timers.push(
        setTimeout(() => deadline.abort(), deadlineMs),
        setTimeout(() => abandon.abort(), abandonMs),
      )
    },
    end: () => timers.forEach(clearTimeout),
  }
}
