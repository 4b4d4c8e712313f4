import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'

const fromProc = (pid: number): string | null => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command name, in parentheses, may itself hold blanks and parentheses: count from behind it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    const threads = Number(fields[17])
    const ticksSinceBoot = fields[19]
    // A process whose first thread is a zombie still holds its ports and files until the last thread has ended.
    const isOver = (state === 'Z' || state === 'X') && threads <= 1
    if (isOver || !ticksSinceBoot) return null
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${ticksSinceBoot}`
  } catch {
    return null // no such process
  }
}

const fromPs = (pid: number): string | null => {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    }).trim()
    const [state = 'Z', ...startedAt] = line.split(/\s+/)
    return state.startsWith('Z') ? null : startedAt.join(' ')
  } catch {
    return null // ps answers 1 for an unknown process
  }
}

/**
 * When the process started, as text to compare for equality only; null when it is gone or a zombie. A process id alone
 * does not name a process: after a crash or a reboot it may belong to a stranger, who must never be killed.
 */
export const startTimeOf = (pid: number): string | null => (process.platform === 'linux' ? fromProc(pid) : fromPs(pid))
