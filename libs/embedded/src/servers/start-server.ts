import { existsSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type ResolvedBinary, resolveBinary } from '../binaries/resolve.ts'
import type { BinarySpec, Log } from '../binaries/spec.ts'
import { describe, EmbeddedServerError } from '../errors.ts'
import { makeFolder } from '../make-folder.ts'
import { stopLeftovers } from '../processes/registry.ts'
import { type Exit, type SupervisedProcess, superviseProcess } from '../processes/supervise.ts'
import { freePort, isPortFree } from './ports.ts'

export interface ServerOptions {
  /** Holds the server's data, its last port and its log; made if absent. */
  dataDir: string
  /** Gets one line per step, without a line end. */
  log: Log
  /** Where fetched binaries are kept. Default: SLIPSTREAM_CACHE_DIR, or `.slipstream/cache` in the project. */
  cacheDir?: string
  /** Insists on this port. Default: the one used last on this data if free, else any free one. */
  port?: number
  /** Gives up a download or a start. */
  signal?: AbortSignal
}

export interface RunningServer {
  /** Where the binary came from, for people. */
  source: string
  /** Of the binary, such as `8.2.6`. */
  version: string
  pid: number
  port: number
  /** Settles when the server has ended, whether asked to or not. */
  exited: Promise<Exit>
  /** SIGTERM, SIGKILL after 10 s; resolves when the process is gone. */
  stop(): Promise<void>
}

export interface ServerKind {
  binary: BinarySpec
  args(port: number, paths: { dataDir: string; logFile: string }): Promise<string[]>
  /**
   * Asks whether the server is up, is the one on this data and can be used, and does what is missing for that; an
   * error means not yet. Another one may answer, which took the port first, while ours is about to give up.
   */
  probe(port: number, dataDir: string): Promise<boolean>
  /** For data that names its port: runs once on it, until ready, before a start on another port than the last one. */
  relocation?: ServerKind & { isNeeded(dataDir: string): boolean }
}

const startDeadlineMs = 30_000
const startAttempts = 5

const portFile = (dataDir: string) => join(dataDir, 'port')

/** The port the data was last used on; null on a first start, or when a relocation was cut short. */
const readPort = async (dataDir: string): Promise<number | null> => {
  const text = await readFile(portFile(dataDir), 'utf8').catch(() => '')
  return Number(text) || null
}

/** The port that a start on this data will most likely take: the last one, if it is free; null when there is none. */
export const expectedPort = async (dataDir: string): Promise<number | null> => {
  const last = await readPort(dataDir)
  return last !== null && (await isPortFree(last)) ? last : null
}

const lastLines = async (logFile: string): Promise<string> => {
  const text = await readFile(logFile, 'utf8').catch(() => '')
  return text.trim().split('\n').slice(-5).join('\n    ')
}

const waitUntilReady = async (kind: ServerKind, child: SupervisedProcess, port: number, options: ServerOptions) => {
  const { dataDir, signal } = options
  const deadline = Date.now() + startDeadlineMs
  let exit: Exit | null = null
  child.exited.then((value) => {
    exit = value
  })
  let lastError: unknown = new Error('it does not answer')
  while (exit === null) {
    signal?.throwIfAborted()
    try {
      if (await kind.probe(port, dataDir)) return
    } catch (error) {
      lastError = error
    }
    if (Date.now() > deadline) throw new Error(`not ready after ${startDeadlineMs / 1000} s: ${describe(lastError)}`)
    await delay(10)
  }
  const { code, signal: endSignal } = exit as Exit
  throw new Error(`it ended at once (${endSignal ?? `code ${code}`})`)
}

const launch = async (kind: ServerKind, found: ResolvedBinary, options: ServerOptions, port: number) => {
  const { dataDir } = options
  const logFile = join(dataDir, `${kind.binary.name}.log`)
  if (existsSync(logFile)) await rename(logFile, `${logFile}.1`)
  const child = await superviseProcess({
    name: kind.binary.name,
    command: found.path,
    args: await kind.args(port, { dataDir, logFile }),
    registryDir: dataDir,
  })
  try {
    await waitUntilReady(kind, child, port, options)
    return child
  } catch (error) {
    await child.stop()
    options.signal?.throwIfAborted()
    throw new Error(`${found.path} on port ${port}: ${describe(error)}\n    ${await lastLines(logFile)}`, {
      cause: error,
    })
  }
}

const relocate = async (kind: ServerKind, found: ResolvedBinary, options: ServerOptions, port: number) => {
  if (!kind.relocation?.isNeeded(options.dataDir)) return
  await rm(portFile(options.dataDir), { force: true })
  const child = await launch(kind.relocation, found, options, port)
  await child.stop()
}

const startOnPort = async (kind: ServerKind, found: ResolvedBinary, options: ServerOptions, port: number) => {
  const last = await readPort(options.dataDir)
  if (last !== port) {
    await relocate(kind, found, options, port)
    await writeFile(portFile(options.dataDir), String(port))
  }
  return launch(kind, found, options, port)
}

/**
 * Starts a server on its data folder and waits until it can be used. Stops what a killed owner left running there.
 * @throws EmbeddedServerError when no binary can be had or it does not start
 * @throws AlreadyRunningError when a live process runs the same data
 */
export const startServer = async (kind: ServerKind, given: ServerOptions): Promise<RunningServer> => {
  const options = { ...given, dataDir: resolve(given.dataDir) }
  const { dataDir, log } = options
  const { name } = kind.binary
  await makeFolder(dataDir)
  const [found] = await Promise.all([resolveBinary(kind.binary, options), stopLeftovers(dataDir, { log })])
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await expectedPort(dataDir)) ?? (await freePort())
    try {
      const child = await startOnPort(kind, found, options, port)
      const stop = async () => {
        await child.stop()
      }
      return { ...found, port, pid: child.pid, exited: child.exited, stop }
    } catch (error) {
      options.signal?.throwIfAborted()
      const isCollision = options.port === undefined && /address already in use/i.test(describe(error))
      if (!isCollision || attempt === startAttempts) {
        throw new EmbeddedServerError(name, [describe(error)], { cause: error })
      }
      log(`${name}: a port was taken meanwhile, trying again`)
    }
  }
}
