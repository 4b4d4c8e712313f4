import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Where the running system can be reached; null for a part that was not started here. */
export interface Endpoints {
  gatewayUrl: string
  simulatorUrl: string | null
  natsUrl: string | null
  mongodbUri: string | null
  /** Of the Prometheus that is started once all else is ready. */
  prometheusUrl: string | null
  opsUrls: Record<string, string>
}

const fileIn = (dataDir: string) => join(dataDir, 'endpoints.json')

/** Lets other commands find the system while it runs. */
export const publishEndpoints = (dataDir: string, endpoints: Endpoints): Promise<void> =>
  writeFile(fileIn(dataDir), JSON.stringify(endpoints, null, 2), { mode: 0o600 })

/** The endpoints of the system that runs on this data; null when none does. */
export const readEndpoints = async (dataDir: string): Promise<Endpoints | null> => {
  try {
    return JSON.parse(await readFile(fileIn(dataDir), 'utf8')) as Endpoints
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

export const withdrawEndpoints = (dataDir: string): void => rmSync(fileIn(dataDir), { force: true })
