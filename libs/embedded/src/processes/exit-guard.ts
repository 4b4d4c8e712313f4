import { startTimeOf } from './identity.ts'
import { signalGroup } from './signals.ts'

/**
 * Ends the children of this process when it ends by itself. The `exit` event allows no asynchronous work, hence the
 * blocking wait; a `kill -9` gives no chance at all, for which the registry exists.
 */
const live = new Set<number>()
const signals = { SIGINT: 2, SIGTERM: 15, SIGHUP: 1 } as const
const graceMs = 3_000
const pollMs = 10

const endAll = () => {
  const anyAlive = () => [...live].some((pid) => startTimeOf(pid) !== null)
  for (const pid of live) signalGroup(pid, 'SIGTERM')
  const pause = new Int32Array(new SharedArrayBuffer(4))
  for (let waitedMs = 0; waitedMs < graceMs && anyAlive(); waitedMs += pollMs) Atomics.wait(pause, 0, 0, pollMs)
  killAll()
}

const onSignal = (signal: NodeJS.Signals) => {
  // Whoever else listens has taken over the shutdown; `exit` still comes through here.
  if (process.listenerCount(signal) === 1) process.exit(128 + signals[signal as keyof typeof signals])
}

/** Ends all children at once, without giving them time. */
export const killAll = (): void => {
  for (const pid of live) signalGroup(pid, 'SIGKILL')
}

/** Watches over a child until `unguard`. */
export const guard = (pid: number): void => {
  if (live.size === 0) {
    process.on('exit', endAll)
    for (const signal of Object.keys(signals)) process.on(signal, onSignal)
  }
  live.add(pid)
}

export const unguard = (pid: number): void => {
  if (!live.delete(pid) || live.size > 0) return
  process.off('exit', endAll)
  for (const signal of Object.keys(signals)) process.off(signal, onSignal)
}
