/** Shares of the whole in which time is counted. */
const ticks = 20

/**
 * A signal that is aborted when this process has *run* for so long: time in which it was stopped or asleep counts one
 * tick at most. An answer that came meanwhile waits in the socket, and a timer that looks at the clock would win over it.
 * Call `stop` when it is no longer needed.
 */
export const abortAfterRunning = (ms: number): { signal: AbortSignal; stop: () => void } => {
  const controller = new AbortController()
  let ticksLeft = ticks
  const timer = setInterval(() => {
    ticksLeft -= 1
    if (ticksLeft === 0) controller.abort()
  }, ms / ticks)
  return { signal: controller.signal, stop: () => clearInterval(timer) }
}
