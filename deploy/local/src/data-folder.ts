import { access, constants, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { claimFolder, type Log, makeFolder, releaseFolder, stopLeftovers } from '@slipstream/embedded'
import { ConfigError } from '@slipstream/runtime'

const claim = 'slipstream'

export interface DataFolder {
  root: string
  mongo: string
  nats: string
  /** Notes of the running service processes. */
  processes: string
}

const { R_OK, W_OK, X_OK } = constants

/** @throws ConfigError when something cannot be stored there */
const checkWritable = async ({ root, mongo, nats, processes }: DataFolder): Promise<void> => {
  try {
    // Both, as there are file systems whose root is open to all and has no room for a folder.
    await makeFolder(root)
    await makeFolder(processes)
    for (const part of [root, mongo, nats, processes]) {
      await access(part, R_OK | W_OK | X_OK).catch((error: NodeJS.ErrnoException) => {
        if (part === root || part === processes || error.code !== 'ENOENT') throw error
      })
    }
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException
    throw new ConfigError([
      `SLIPSTREAM_DATA_DIR: nothing can be stored in ${path ?? root} (${code}); name another folder`,
    ])
  }
}

/**
 * Makes the data folder ready for this process: stops what a killed run left behind.
 * @throws ConfigError when nothing can be stored there; AlreadyRunningError when another live process uses it
 */
export const openDataFolder = async (root: string, log: Log): Promise<DataFolder> => {
  const folder = { root, mongo: join(root, 'mongo'), nats: join(root, 'nats'), processes: join(root, 'processes') }
  await checkWritable(folder)
  // Services first, so that they do not complain about databases that are gone.
  for (const part of [root, folder.processes, folder.nats, folder.mongo]) await stopLeftovers(part, { log })
  await claimFolder(root, claim, { log })
  return folder
}

/** Deletes what earlier runs stored. */
export const emptyDataFolder = async ({ root }: DataFolder, log: Log): Promise<void> => {
  log(`deleting ${root}`)
  await rm(root, { recursive: true, force: true })
  await makeFolder(root)
  await claimFolder(root, claim, { log })
}

export const closeDataFolder = (folder: DataFolder): void => releaseFolder(folder.root, claim)
