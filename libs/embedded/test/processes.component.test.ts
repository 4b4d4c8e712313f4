import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { temporaryFolder } from '@slipstream/testing'
import { expect, onTestFinished, test, vi } from 'vitest'
import { AlreadyRunningError, stopLeftovers, superviseProcess } from '../src/index.ts'
import { startTimeOf } from '../src/processes/identity.ts'

const silent = { log: () => {} }
const parentFile = join(import.meta.dirname, 'fixtures', 'parent.ts')
const isAlive = (pid: number) => startTimeOf(pid) !== null

interface Family {
  parent: ChildProcess
  child: number
  grandchild: number
}

const startFamily = async (registryDir: string, ending = 'stay'): Promise<Family> => {
  const parent = spawn(process.execPath, [parentFile, registryDir, ending], { stdio: ['ignore', 'pipe', 'ignore'] })
  const [line] = await once(createInterface({ input: parent.stdout }), 'line')
  const family = { parent, ...(JSON.parse(line) as { child: number; grandchild: number }) }
  onTestFinished(() => {
    if (isAlive(family.child)) process.kill(-family.child, 'SIGKILL')
  })
  return family
}

const ended = async ({ parent }: Family) => {
  if (parent.exitCode === null && parent.signalCode === null) await once(parent, 'exit')
}

test.each(['exit', 'throw'])('children end with a parent that ends itself: %s', async (ending) => {
  const registryDir = await temporaryFolder()
  const family = await startFamily(registryDir, ending)
  await ended(family)
  expect(isAlive(family.child) || isAlive(family.grandchild)).toBe(false)
})

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('children end with a parent that gets %s', async (signal) => {
  const registryDir = await temporaryFolder()
  const family = await startFamily(registryDir)
  family.parent.kill(signal)
  await ended(family)
  expect(isAlive(family.child) || isAlive(family.grandchild)).toBe(false)
})

test('what a parent killed with -9 leaves behind is stopped by the next start', async () => {
  const registryDir = await temporaryFolder()
  const family = await startFamily(registryDir)
  family.parent.kill('SIGKILL')
  await ended(family)
  expect(isAlive(family.child) && isAlive(family.grandchild)).toBe(true)

  const lines: string[] = []
  await stopLeftovers(registryDir, { log: (line) => lines.push(line) })
  expect(isAlive(family.child)).toBe(false)
  await vi.waitFor(() => expect(isAlive(family.grandchild)).toBe(false))
  expect(lines.join()).toContain(String(family.child))
  expect(await readdir(registryDir)).toEqual([])
})

test('a leftover that ignores SIGTERM is killed after the deadline', async () => {
  const registryDir = await temporaryFolder()
  const family = await startFamily(registryDir)
  family.parent.kill('SIGKILL')
  await ended(family)
  process.kill(family.child, 'SIGSTOP') // a stopped process gets SIGTERM only once it goes on
  await stopLeftovers(registryDir, { ...silent, deadlineMs: 100 })
  expect(isAlive(family.child)).toBe(false)
})

test('a process id that now belongs to someone else is left alone', async () => {
  const registryDir = await temporaryFolder()
  const family = await startFamily(registryDir)
  family.parent.kill('SIGKILL')
  await ended(family)
  const file = join(registryDir, 'sleeper.pid.json')
  const entry = JSON.parse(await readFile(file, 'utf8'))
  await writeFile(file, JSON.stringify({ ...entry, startedAt: 'another time' }))

  await stopLeftovers(registryDir, silent)
  expect(isAlive(family.child)).toBe(true)
  expect(existsSync(file)).toBe(false)
})

test('the processes of an owner that lives are not touched', async () => {
  const registryDir = await temporaryFolder()
  const family = await startFamily(registryDir)
  await expect(stopLeftovers(registryDir, silent)).rejects.toThrow(AlreadyRunningError)
  expect(isAlive(family.child)).toBe(true)
  family.parent.kill('SIGTERM')
  await ended(family)
})

test('stop ends a process that ignores SIGTERM once the deadline has passed, and forgets it', async () => {
  const registryDir = await temporaryFolder()
  const lines: string[] = []
  const child = await superviseProcess({
    name: 'stubborn',
    command: 'sh',
    args: ['-c', 'trap "" TERM; echo up; while :; do sleep 1; done'],
    registryDir,
    onLine: (line) => lines.push(line),
    stopDeadlineMs: 100,
  })
  await vi.waitFor(() => expect(lines).toEqual(['up']))
  expect(await child.stop()).toEqual({ code: null, signal: 'SIGKILL' })
  expect(await readdir(registryDir)).toEqual([])
})

test('a command that does not exist is an error, not a process', async () => {
  const registryDir = await temporaryFolder()
  const start = superviseProcess({ name: 'none', command: '/does/not/exist', args: [], registryDir })
  await expect(start).rejects.toMatchObject({ code: 'ENOENT' })
})
