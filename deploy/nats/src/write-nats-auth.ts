import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeNatsAuth } from './nats-auth.ts'
import { natsUsers } from './permissions.ts'

const authFile = 'auth.conf'
/** One file for each subscriber with a user of its own: the files say which there are. */
const subscribersFolder = 'subscribers'
const extension = '.nk'

const readIfThere = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    return undefined
  }
}

/**
 * Writes `auth.conf`, which a server's configuration includes, `<user>.nk` for each user and `subscribers/<name>.nk` for each
 * subscriber with a user of its own, which only the owner may read. Credentials that are there stay, and so do subscribers;
 * permissions are always those of this release.
 * @param subscribers names of subscribers that get a user of their own, beside those that have one
 * @returns the names of what was written, of credentials the new ones only
 * @throws when a subscriber's name cannot be one; nothing is written then
 */
export const writeNatsAuth = (folder: string, subscribers: readonly string[]): string[] => {
  mkdirSync(join(folder, subscribersFolder), { recursive: true })
  const kept = readdirSync(join(folder, subscribersFolder))
    .filter((file) => file.endsWith(extension))
    .map((file) => file.slice(0, -extension.length))
  const all = [...new Set([...kept, ...subscribers])].toSorted()
  const files = new Map([
    ...natsUsers.map((user): [string, string] => [user, `${user}${extension}`]),
    ...all.map((name): [string, string] => [name, join(subscribersFolder, `${name}${extension}`)]),
  ])
  const known: Record<string, string> = {}
  for (const [user, file] of files) {
    const seed = readIfThere(join(folder, file))
    if (seed !== undefined) known[user] = seed
  }
  const { serverConfig, credentials } = makeNatsAuth(known, all)
  const added = [...files].filter(([user]) => known[user] === undefined)
  for (const [user, file] of added) writeFileSync(join(folder, file), credentials[user] ?? '', { mode: 0o600 })
  writeFileSync(join(folder, authFile), serverConfig)
  return [authFile, ...added.map(([, file]) => file)]
}
