import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'

/** Ends those that still run, at once, and resolves when they are gone. */
export const killAll = async (children: readonly ChildProcess[]): Promise<void> => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
}
