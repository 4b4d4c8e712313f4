import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeNatsAuth } from './nats-auth.ts'
import { type NatsUser, natsUsers } from './permissions.ts'

export const authFile = 'auth.conf'

const credentialFile = (user: NatsUser): string => `${user}.nk`

const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

/**
 * Writes `auth.conf`, which a server's configuration includes, and `<user>.nk` for each user, which only the owner may read.
 * Credentials that are there stay; permissions are always those of this release.
 * @returns the names of what was written, of credentials the new ones only
 */
export const writeNatsAuth = (folder: string): string[] => {
  mkdirSync(folder, { recursive: true })
  const known: Partial<Record<NatsUser, string>> = {}
  for (const user of natsUsers) {
    const seed = readIfThere(join(folder, credentialFile(user)))
    if (seed !== undefined) known[user] = seed
  }
  const { serverConfig, credentials } = makeNatsAuth(known)
  const added = natsUsers.filter((user) => known[user] === undefined)
  for (const user of added) writeFileSync(join(folder, credentialFile(user)), credentials[user], { mode: 0o600 })
  writeFileSync(join(folder, authFile), serverConfig)
  return [authFile, ...added.map(credentialFile)]
}
