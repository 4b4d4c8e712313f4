import { createReadStream, createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { extract } from 'tar-stream'

/**
 * Extracts the one file whose path ends so from a .tgz archive, as an executable.
 * @throws when the archive has no such file or is damaged
 */
export const untarExecutable = async (archive: string, pathEnd: string, target: string): Promise<void> => {
  const entries = extract()
  let isFound = false
  const write = async () => {
    for await (const entry of entries) {
      if (entry.header.name.endsWith(pathEnd)) {
        await pipeline(entry, createWriteStream(target, { mode: 0o755 }))
        isFound = true
      } else entry.resume()
    }
  }
  await Promise.all([pipeline(createReadStream(archive), createGunzip(), entries), write()])
  if (!isFound) throw new Error(`${archive} holds no ${pathEnd}`)
}
