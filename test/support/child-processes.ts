import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Resolves when it is gone: at once where it was before, as nothing more is heard of it then. After `limitMs` it is killed. */
export const endChild = async (child: ChildProcess, signal: NodeJS.Signals, limitMs = 20_000): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  const deadline = setTimeout(() => child.kill('SIGKILL'), limitMs)
  await exited
  clearTimeout(deadline)
}

/** Ends those that still run, at once, and resolves when they are gone. */
export const killAll = async (children: readonly ChildProcess[]): Promise<void> => {
  for (const child of children) await endChild(child, 'SIGKILL')
}
