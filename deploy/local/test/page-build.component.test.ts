import { globSync, statSync } from 'node:fs'
import { chmod, mkdir, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { temporaryFolder } from '@slipstream/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { buildPage, isPageStale, PageBuildError, pageWatchPart } from '../src/page-build.ts'

const write = async (file: string, changedAt: number) => {
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, '')
  await utimes(file, changedAt, changedAt)
}

test('the page is built again when a source is newer than the built page, or it is not there', async () => {
  const root = await temporaryFolder()
  const inGateway = (...parts: string[]) => join(root, 'services', 'gateway', ...parts)
  expect(isPageStale(root)).toBe(false) // no page at all

  await write(inGateway('package.json'), 100)
  await write(inGateway('web', 'parts', 'main.tsx'), 100)
  expect(isPageStale(root)).toBe(true)

  await write(inGateway('dist', 'index.html'), 200)
  expect(isPageStale(root)).toBe(false)

  await write(inGateway('web', 'parts', 'main.tsx'), 300)
  expect(isPageStale(root)).toBe(true)

  await write(inGateway('web', 'parts', 'main.tsx'), 100)
  await write(inGateway('package.json'), 300)
  expect(isPageStale(root)).toBe(true)

  await write(inGateway('package.json'), 100)
  for (const shared of ['contracts/src/api.ts', 'runtime/styles/look.css']) {
    expect(isPageStale(root)).toBe(false)
    await write(join(root, 'libs', shared), 300)
    expect(isPageStale(root)).toBe(true)
    await write(join(root, 'libs', shared), 100)
  }
  await rm(inGateway('dist'), { recursive: true })
  expect(isPageStale(root)).toBe(true)
})

test('so are the documents, whose built files and packages lie in their own folder', async () => {
  const root = await temporaryFolder()
  const inDocs = (...parts: string[]) => join(root, 'docs', ...parts)
  await write(inDocs('adr', '0001-a.md'), 100)
  expect(isPageStale(root)).toBe(true)

  await write(inDocs('dist', 'index.html'), 200)
  await write(inDocs('dist', 'adr', 'index.html'), 300)
  await write(inDocs('node_modules', 'a', 'README.md'), 300)
  expect(isPageStale(root)).toBe(false)

  await write(inDocs('adr', '0001-a.md'), 300)
  expect(isPageStale(root)).toBe(true)
})

test('every file that turbo.json names as an input is such a source', async () => {
  const repository = resolve(import.meta.dirname, '../../..')
  const { tasks } = JSON.parse(await readFile(join(repository, 'turbo.json'), 'utf8'))
  const named = Object.entries({ 'services/gateway': 'build', docs: '@slipstream/docs#build' }).flatMap(
    ([folder, task]) =>
      (tasks[task].inputs as string[]).map((input) =>
        input.startsWith('$TURBO_ROOT$/') ? input.slice('$TURBO_ROOT$/'.length) : `${folder}/${input}`,
      ),
  )
  const exclude = (path: string) => /(^|\/)(node_modules|dist|\.turbo)$/.test(path)
  const files = globSync(named, { cwd: repository, exclude }).filter((path) =>
    statSync(join(repository, path)).isFile(),
  )
  expect(files).toEqual(expect.arrayContaining(['README.md', 'libs/client/README.md', 'docs/index.md']))

  const root = await temporaryFolder()
  await Promise.all(files.map((file) => write(join(root, file), 100)))
  for (const folder of ['docs', 'services/gateway']) await write(join(root, folder, 'dist', 'index.html'), 200)
  expect(isPageStale(root)).toBe(false)
  const unseen: string[] = []
  for (const file of files) {
    await utimes(join(root, file), 300, 300)
    if (!isPageStale(root)) unseen.push(file)
    await utimes(join(root, file), 100, 100)
  }
  expect(unseen).toEqual([])
})

/** A stand-in for turbo that does what turbo does with a cached result: nothing new in `dist`. */
const withTurbo = async (script: string) => {
  const root = await temporaryFolder()
  const turbo = join(root, 'node_modules', '.bin', 'turbo')
  await write(turbo, 100)
  await writeFile(turbo, `#!/bin/sh\n${script}\n`)
  await chmod(turbo, 0o755)
  await write(join(root, 'services', 'gateway', 'web', 'main.tsx'), 200)
  await write(join(root, 'services', 'gateway', 'dist', 'index.html'), 100)
  const options = { registryDir: join(root, 'processes'), signal: new AbortController().signal, log: () => {} }
  return { root, build: () => buildPage(root, options) }
}

test('once built, even from the cache, the page is not built again', async () => {
  const { root, build } = await withTurbo('exit 0')
  expect(isPageStale(root)).toBe(true)
  await build()
  expect(isPageStale(root)).toBe(false)
})

test('a failed build is an error that shows its output', async () => {
  const { root, build } = await withTurbo('echo "main.tsx: unexpected token"; exit 1')
  await expect(build()).rejects.toThrow(PageBuildError)
  await expect(build()).rejects.toThrow(/unexpected token/)
  expect(isPageStale(root)).toBe(true)
})

test('while it is watched the page is built anew at each change, and a build that fails waits for the next one', async () => {
  const root = await temporaryFolder()
  const gateway = join(root, 'services', 'gateway')
  const setTitle = (title: string) => writeFile(join(gateway, 'web', 'index.html'), `<title>${title}</title>`)
  const builtPage = () => readFile(join(gateway, 'dist', 'index.html'), 'utf8')
  await mkdir(join(gateway, 'web'), { recursive: true })
  await symlink(resolve(import.meta.dirname, '../../../node_modules'), join(root, 'node_modules'))
  await writeFile(join(gateway, 'web', 'vite.config.js'), `export default { build: { outDir: '../dist' } }`)
  await setTitle('first')

  const lines: string[] = []
  const part = pageWatchPart({ root, registryDir: join(root, 'processes'), onLine: (line) => lines.push(line) })
  const builder = await part.start(new AbortController().signal)
  onTestFinished(async () => {
    await builder.stop()
  })
  await vi.waitFor(async () => expect(await builtPage()).toContain('first'))
  // The folder is watched some time after the first build.
  await vi.waitFor(async () => {
    await setTitle('second</title><script type="module" src="./missing.ts"></script>')
    expect(lines.join('\n')).toContain('missing.ts')
  })
  await setTitle('third')
  await vi.waitFor(async () => expect(await builtPage()).toContain('third'))
})
