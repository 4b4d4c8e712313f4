// React Native's AbortSignal knows neither `reason`, `throwIfAborted`, `AbortSignal.any` nor `AbortSignal.timeout`.

/** What to throw when a caller has aborted. */
export const abortReason = (signal: AbortSignal): unknown =>
  signal.reason ?? Object.assign(new Error('The operation was aborted'), { name: 'AbortError' })

/** Resolves after a time. @throws the signal's reason as soon as it is aborted */
export const delay = (ms: number, signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal))
    const onAbort = () => {
      clearTimeout(timer)
      if (signal) reject(abortReason(signal))
    }
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    }, ms)
    signal?.addEventListener('abort', onAbort, { once: true })
  })

export interface TimeLimit {
  signal: AbortSignal
  /** Whether the time was what ended it. */
  isTimedOut(): boolean
  /** Begins the time anew. */
  begin(): void
  /** Lets no time pass until it begins anew. */
  pause(): void
  /** Frees what it holds. */
  end(): void
}

/** A signal that is aborted with another one or at the end of a time that can be begun anew. */
export const withTimeout = (outer: AbortSignal | undefined, limitMs: number): TimeLimit => {
  const controller = new AbortController()
  let isTimedOut = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const abort = () => controller.abort()
  const pause = () => clearTimeout(timer)
  const end = () => {
    pause()
    outer?.removeEventListener('abort', abort)
  }
  const begin = () => {
    pause()
    timer = setTimeout(() => {
      isTimedOut = true
      controller.abort()
    }, limitMs)
  }
  if (outer?.aborted) abort()
  outer?.addEventListener('abort', abort, { once: true })
  begin()
  return { signal: controller.signal, isTimedOut: () => isTimedOut, begin, pause, end }
}
