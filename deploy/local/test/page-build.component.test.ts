import { chmod, mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { temporaryFolder } from '@slipstream/testing'
import { expect, test } from 'vitest'
import { buildPage, isPageStale, PageBuildError } from '../src/page-build.ts'

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
  await rm(inGateway('dist'), { recursive: true })
  expect(isPageStale(root)).toBe(true)
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
