import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Log } from '../binaries/spec.ts'
import { claimFolder, releaseFolder, stopLeftovers } from '../processes/registry.ts'

const claim = 'slipstream'

export interface DataFolder {
  root: string
  mongo: string
  nats: string
  /** Notes of the running service processes. */
  processes: string
}

/**
 * Makes the data folder ready for this process: stops what a killed run left behind, empties it if asked to.
 * @throws AlreadyRunningError when another live process uses it
 */
export const openDataFolder = async (root: string, fresh: boolean, log: Log): Promise<DataFolder> => {
  const folder = { root, mongo: join(root, 'mongo'), nats: join(root, 'nats'), processes: join(root, 'processes') }
  // Services first, so that they do not complain about databases that are gone.
  for (const part of [root, folder.processes, folder.nats, folder.mongo]) await stopLeftovers(part, { log })
  if (fresh) {
    log(`deleting ${root}`)
    await rm(root, { recursive: true, force: true })
  }
  await mkdir(root, { recursive: true })
  await claimFolder(root, claim, { log })
  return folder
}

export const closeDataFolder = (folder: DataFolder): void => releaseFolder(folder.root, claim)
