/** The steps of a stop, each aborted at its time. */
export interface StopSignals {
  /** Nothing new is begun. */
  intake: AbortSignal
  /** Handlers still at work are told to end. */
  deadline: AbortSignal
  /** Whoever has not ended is no longer waited for; its message goes back. */
  abandon: AbortSignal
}

/** Long enough to give up a lease on the way out. */
const graceMs = 1_000

export const createStopSignals = () => {
  const intake = new AbortController()
  const deadline = new AbortController()
  const abandon = new AbortController()
  const ended = new AbortController()
  let grace: NodeJS.Timeout | undefined
  const pass = () => {
    deadline.abort()
    grace = setTimeout(() => abandon.abort(), graceMs)
  }
  const signals: StopSignals = { intake: intake.signal, deadline: deadline.signal, abandon: abandon.signal }
  return {
    signals,
    /** Ends the intake at once; `endWork` is the stop's own signal that work has to end. */
    begin: (endWork: AbortSignal) => {
      intake.abort()
      if (endWork.aborted) pass()
      else endWork.addEventListener('abort', pass, { signal: ended.signal })
    },
    end: () => {
      ended.abort()
      clearTimeout(grace)
    },
  }
}
