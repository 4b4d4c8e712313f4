import { randomBytes } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { newOneTimeSecret } from '@slipstream/runtime'

/** Settings that must be secret even in development, and stay the same from run to run. */
export interface DevelopmentSecrets {
  TOKEN_KEYS: string
  STRAVA_CLIENT_SECRET: string
  STRAVA_WEBHOOK_VERIFY_TOKEN: string
  STRAVA_WEBHOOK_PATH_SECRET: string
}

/** Makes new ones, for nobody to keep yet. */
export const newSecrets = (): DevelopmentSecrets => ({
  TOKEN_KEYS: `dev1:${randomBytes(32).toString('base64')}`,
  STRAVA_CLIENT_SECRET: randomBytes(20).toString('hex'), // the form Strava's own have
  STRAVA_WEBHOOK_VERIFY_TOKEN: newOneTimeSecret(),
  STRAVA_WEBHOOK_PATH_SECRET: newOneTimeSecret(),
})

/** Reads the secrets of the data folder, or makes them; only this user may read the file. */
export const developmentSecrets = async (dataDir: string): Promise<DevelopmentSecrets> => {
  const file = join(dataDir, 'dev-secrets.json')
  try {
    return JSON.parse(await readFile(file, 'utf8')) as DevelopmentSecrets
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw new Error(`${file} cannot be read; npm start -- --fresh makes a new one`, { cause: error })
    }
  }
  const secrets = newSecrets()
  await writeFile(file, JSON.stringify(secrets, null, 2), { mode: 0o600 })
  return secrets
}
