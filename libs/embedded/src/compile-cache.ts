import { join } from 'node:path'
import { makeFolder } from './make-folder.ts'

/** Where Node keeps what it has compiled; null where there can be no such folder: Node goes without, but may try for ever. */
export const compileCacheIn = async (cacheDir: string): Promise<string | null> => {
  const folder = join(cacheDir, 'compile')
  return await makeFolder(folder).then(
    () => folder,
    () => null,
  )
}
