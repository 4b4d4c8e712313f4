import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { removeAbandonedTestFolders } from '../src/test-folders.ts'

const isAlive = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const startRun = async (): Promise<{ run: ChildProcess; dataDir: string; pid: number }> => {
  const script = join(import.meta.dirname, 'fixtures', 'test-run.ts')
  const run = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => {
    run.kill('SIGTERM')
  })
  const [line] = await once(createInterface({ input: run.stdout }), 'line')
  return { run, ...JSON.parse(line) }
}

test('what a killed test run left behind is removed, what a live one uses is not', async () => {
  const [killed, live] = await Promise.all([startRun(), startRun()])
  killed.run.kill('SIGKILL')
  await once(killed.run, 'exit')
  expect(isAlive(killed.pid)).toBe(true)

  await removeAbandonedTestFolders()
  expect(existsSync(killed.dataDir)).toBe(false)
  expect(existsSync(live.dataDir)).toBe(true)
  expect(isAlive(live.pid)).toBe(true)

  live.run.kill('SIGTERM')
  await once(live.run, 'exit')
  await removeAbandonedTestFolders()
  expect(existsSync(live.dataDir)).toBe(false)
})
