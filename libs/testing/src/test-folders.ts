import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { claimFolder, isInUse, stopLeftovers } from '@slipstream/embedded'

const prefix = 'slipstream-test-'
const silent = { log: () => {} }

export interface TestFolder {
  /** For one server's data. */
  dataDir: string
  remove(): void
}

/** A new folder among the system's temporary files, marked as used by this process. */
export const makeTestFolder = async (): Promise<TestFolder> => {
  const folder = mkdtempSync(join(tmpdir(), prefix))
  await claimFolder(folder, 'tests', silent)
  return {
    dataDir: join(folder, 'server'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** Removes what killed test runs left behind: their servers first, then their folders. Leaves live runs alone. */
export const removeAbandonedTestFolders = async (): Promise<void> => {
  for (const name of readdirSync(tmpdir())) {
    const folder = join(tmpdir(), name)
    if (!name.startsWith(prefix) || readdirSync(folder).length === 0 || isInUse(folder)) continue
    await stopLeftovers(join(folder, 'server'), silent)
    rmSync(folder, { recursive: true, force: true })
  }
}
