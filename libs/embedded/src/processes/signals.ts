import { setTimeout as delay } from 'node:timers/promises'
import { startTimeOf } from './identity.ts'

/** Signals a process and all its descendants; every supervised process leads a group of its own. */
export const signalGroup = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    // ESRCH: the group is gone already. macOS says EPERM where only zombies are left of it.
    if (!['ESRCH', 'EPERM'].includes(String((error as NodeJS.ErrnoException).code))) throw error
  }
}

/** Waits for the end of the process that started then; false when the deadline passed. */
export const waitUntilGone = async (pid: number, startedAt: string, deadlineMs: number): Promise<boolean> => {
  const deadline = Date.now() + deadlineMs
  while (startTimeOf(pid) === startedAt) {
    if (Date.now() > deadline) return false
    await delay(10)
  }
  return true
}
