import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder, with those above it that are missing; one that is there is left as it is. Not by `recursive`: Node tries
 * for ever where a file system has no room for folders and says ENOENT, as /proc does.
 */
export const makeFolder = async (path: string): Promise<void> => {
  const problem = await tryToMake(path)
  if (problem === null) return
  const parent = dirname(path)
  if (problem.code !== 'ENOENT' || parent === path) throw problem
  await makeFolder(parent)
  const lasting = await tryToMake(path)
  if (lasting !== null) throw lasting
}

/** @returns why it is not there; another process may have made it, or its parent, in between */
const tryToMake = async (path: string): Promise<NodeJS.ErrnoException | null> => {
  try {
    await mkdir(path)
    return null
  } catch (error) {
    return (await isFolder(path)) ? null : (error as NodeJS.ErrnoException)
  }
}

const isFolder = async (path: string): Promise<boolean> => {
  const found = await stat(path).catch(() => null)
  return found?.isDirectory() ?? false
}
