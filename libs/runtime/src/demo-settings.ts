import { rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Environment } from './config.ts'

// What a demo on this machine runs with, so that other commands find it without any setting: the launcher behind `npm start`
// writes it while the demo runs. It holds the secrets that were made up for development, and only this user may read it.

const projectRoot = resolve(import.meta.dirname, '../../..')

/** What `npm start` stores: SLIPSTREAM_DATA_DIR, or `.slipstream/data` in the project. */
export const dataDirOf = (env: Environment): string =>
  resolve(env.SLIPSTREAM_DATA_DIR || join(projectRoot, '.slipstream', 'data'))

const fileIn = (dataDir: string) => join(dataDir, 'settings.json')

export const publishDemoSettings = (dataDir: string, settings: Readonly<Record<string, string>>): Promise<void> =>
  writeFile(fileIn(dataDir), JSON.stringify(settings, null, 2), { mode: 0o600 })

export const withdrawDemoSettings = (dataDir: string): void => rmSync(fileIn(dataDir), { force: true })

/** The settings of the demo that runs on this data; null when none does. */
export const readDemoSettings = async (dataDir: string): Promise<Record<string, string> | null> => {
  try {
    return JSON.parse(await readFile(fileIn(dataDir), 'utf8')) as Record<string, string>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
