import { ensureBinaries, startMongo } from '@slipstream/embedded'
import type { TestProject } from 'vitest/node'
import { makeTestFolder, removeAbandonedTestFolders } from './test-folders.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    mongoUri: string
  }
}

const log = (line: string) => process.stderr.write(`${line}\n`)

/** One mongod for the whole run, and both server binaries in the cache before the first test needs them. */
export default async (project: TestProject) => {
  await removeAbandonedTestFolders()
  await ensureBinaries(log)
  const folder = await makeTestFolder()
  const mongo = await startMongo({ dataDir: folder.dataDir, log })
  project.provide('mongoUri', mongo.uri)
  return async () => {
    await mongo.stop()
    folder.remove()
    await removeAbandonedTestFolders()
  }
}
