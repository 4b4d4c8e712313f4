import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { makeFolder } from '../make-folder.ts'
import { guard, unguard } from './exit-guard.ts'
import { forgetProcess, recordProcess } from './registry.ts'
import { signalGroup } from './signals.ts'

export interface SuperviseOptions {
  /** Names the process in its registry file; one of a kind per registry folder. */
  name: string
  command: string
  args: readonly string[]
  /** Where the process is noted while it runs, for `stopLeftovers`. */
  registryDir: string
  cwd?: string
  env?: NodeJS.ProcessEnv
  /** Gets each line of standard output and standard error; without it both are discarded. */
  onLine?: (line: string) => void
  /** How long `stop` waits after SIGTERM before SIGKILL. Default 10 s. */
  stopDeadlineMs?: number
}

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

export interface SupervisedProcess {
  name: string
  pid: number
  /** Settles once, when the process has ended and its output is read. Never rejects. */
  exited: Promise<Exit>
  /** SIGTERM, then SIGKILL after the deadline. May be called at any time and repeatedly. */
  stop(): Promise<Exit>
  kill(): void
}

const forwardLines = (streams: (Readable | null)[], onLine: (line: string) => void) => {
  for (const stream of streams) if (stream) createInterface({ input: stream }).on('line', onLine)
}

/**
 * Starts a process that never outlives this one: it ends when this process exits or is signalled, and `stopLeftovers`
 * finds it after a `kill -9`. It leads its own process group, so Ctrl-C in a terminal reaches only the parent, which
 * then stops its children in order.
 * @throws the spawn error (such as ENOENT) when the command cannot be run, or why there is no registry folder
 */
export const superviseProcess = async (options: SuperviseOptions): Promise<SupervisedProcess> => {
  const { name, registryDir, onLine, stopDeadlineMs = 10_000 } = options
  const output = onLine ? 'pipe' : 'ignore'
  await makeFolder(registryDir)
  const child = spawn(options.command, options.args, {
    detached: true,
    stdio: ['ignore', output, output],
    ...(options.cwd && { cwd: options.cwd }),
    ...(options.env && { env: options.env }),
  })
  const { pid } = child
  if (pid === undefined) {
    const [error] = await once(child, 'error')
    throw error
  }
  guard(pid)
  recordProcess(registryDir, name, pid)
  if (onLine) forwardLines([child.stdout, child.stderr], onLine)

  const ended = new Promise<Exit>((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })))
  const outputRead = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const exited = ended.then(async (exit) => {
    signalGroup(pid, 'SIGKILL') // what it started itself and left behind
    await Promise.race([outputRead, delay(500, undefined, { ref: false })])
    unguard(pid)
    forgetProcess(registryDir, name, pid)
    return exit
  })

  const isOver = () => child.exitCode !== null || child.signalCode !== null
  const kill = () => {
    if (!isOver()) signalGroup(pid, 'SIGKILL')
  }
  return {
    name,
    pid,
    exited,
    kill,
    stop: async () => {
      if (isOver()) return exited
      signalGroup(pid, 'SIGTERM')
      const timer = setTimeout(kill, stopDeadlineMs)
      return exited.finally(() => clearTimeout(timer))
    },
  }
}
