import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { AlreadyRunningError } from '../errors.ts'
import { makeFolder } from '../make-folder.ts'
import { startTimeOf } from './identity.ts'
import { signalGroup, waitUntilGone } from './signals.ts'

interface ProcessRef {
  pid: number
  startedAt: string
}

interface Entry extends ProcessRef {
  name: string
  owner: ProcessRef
}

const isRunning = ({ pid, startedAt }: ProcessRef) => startTimeOf(pid) === startedAt

const fileOf = (registryDir: string, name: string) => join(registryDir, `${name}.pid.json`)

/**
 * Notes a child of this process in a folder that is there, at once after its spawn, so that a later start can find it
 * after a `kill -9`.
 */
export const recordProcess = (registryDir: string, name: string, pid: number): void => {
  const startedAt = startTimeOf(pid)
  const ownStart = startTimeOf(process.pid)
  if (!startedAt || !ownStart) return // it is gone already
  const entry: Entry = { name, pid, startedAt, owner: { pid: process.pid, startedAt: ownStart } }
  writeFileSync(fileOf(registryDir, name), JSON.stringify(entry))
}

const readEntry = (file: string): Entry | null => {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Entry
  } catch {
    return null // half written by a process that was killed meanwhile, or removed by its owner just now
  }
}

/** Takes the note back, unless it has been replaced by a newer process of the same name. */
export const forgetProcess = (registryDir: string, name: string, pid: number): void => {
  const file = fileOf(registryDir, name)
  if (readEntry(file)?.pid === pid) rmSync(file, { force: true })
}

const filesIn = (registryDir: string): string[] => {
  try {
    return readdirSync(registryDir)
      .filter((file) => file.endsWith('.pid.json'))
      .map((file) => join(registryDir, file))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

export interface LeftoverOptions {
  log: (line: string) => void
  /** How long a leftover may take to end after SIGTERM before it is killed. Default 10 s. */
  deadlineMs?: number
}

/**
 * Stops what an owner that died (`kill -9`, crash) left running, and waits until it is gone. A recorded process id that
 * meanwhile belongs to another process is left alone.
 * @throws AlreadyRunningError when the owner of a recorded process is still alive
 */
export const stopLeftovers = async (registryDir: string, { log, deadlineMs = 10_000 }: LeftoverOptions) => {
  const stopOne = async (file: string) => {
    const entry = readEntry(file)
    if (entry && isRunning(entry)) {
      if (isRunning(entry.owner)) throw new AlreadyRunningError(registryDir, entry.name, entry.owner.pid)
      log(`${entry.name}: stopping process ${entry.pid}, left over from an earlier run`)
      signalGroup(entry.pid, 'SIGTERM')
      if (!(await waitUntilGone(entry.pid, entry.startedAt, deadlineMs))) {
        signalGroup(entry.pid, 'SIGKILL')
        await waitUntilGone(entry.pid, entry.startedAt, deadlineMs)
      }
    }
    rmSync(file, { force: true })
  }
  await Promise.all(filesIn(registryDir).map(stopOne))
}

/**
 * Notes this process as the user of a folder until it ends.
 * @throws AlreadyRunningError when another live process is
 */
export const claimFolder = async (folder: string, name: string, options: LeftoverOptions): Promise<void> => {
  await stopLeftovers(folder, options)
  await makeFolder(folder)
  recordProcess(folder, name, process.pid)
}

/** Takes the claim of this process back. */
export const releaseFolder = (folder: string, name: string): void => forgetProcess(folder, name, process.pid)

/** Whether the owner of any process noted here still runs, or is writing its note just now. */
export const isInUse = (registryDir: string): boolean =>
  filesIn(registryDir).some((file) => {
    const entry = readEntry(file)
    return entry === null || isRunning(entry.owner)
  })
