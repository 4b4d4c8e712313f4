import { stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { temporaryFolder } from '@slipstream/testing'
import { expect, test } from 'vitest'
import { makeWorkDir } from '../src/binaries/cache.ts'
import { compileCacheIn } from '../src/compile-cache.ts'
import { startNats, superviseProcess } from '../src/index.ts'
import { makeFolder } from '../src/make-folder.ts'

test('a folder is made with all above it, by several at once, and again', async () => {
  const folder = join(await temporaryFolder(), 'a', 'b', 'c')
  await Promise.all([makeFolder(folder), makeFolder(folder), makeFolder(join(folder, 'd'))])
  await makeFolder(folder)
  expect((await stat(join(folder, 'd'))).isDirectory()).toBe(true)
})

test('a file in the way is no folder', async () => {
  const file = join(await temporaryFolder(), 'file')
  await writeFile(file, '')
  await expect(makeFolder(file)).rejects.toMatchObject({ code: 'EEXIST' })
  await expect(makeFolder(join(file, 'a', 'b'))).rejects.toMatchObject({ code: 'ENOTDIR' })
})

test.runIf(process.platform === 'linux')(
  'where the file system has no room for folders, it fails at once',
  async () => {
    await expect(makeFolder('/proc/e1/a')).rejects.toMatchObject({ code: 'ENOENT', path: '/proc/e1' })
    await expect(makeWorkDir('/proc/e1')).rejects.toMatchObject({ code: 'ENOENT' })
    expect(await compileCacheIn('/proc/e1')).toBeNull()
    const process = { name: 'sleeper', command: 'sleep', args: ['60'], registryDir: '/proc/e1' }
    await expect(superviseProcess(process)).rejects.toMatchObject({ code: 'ENOENT' })
    await expect(startNats({ dataDir: '/proc/e1', log: () => {} })).rejects.toMatchObject({ code: 'ENOENT' })
  },
)
