import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { endChild } from './child-processes.ts'

test('a process that has ended already is not waited for', async () => {
  const byItself = spawn(process.execPath, ['--version'], { stdio: 'ignore' })
  await once(byItself, 'exit')
  await endChild(byItself, 'SIGKILL')
  expect(byItself.exitCode).toBe(0)
})

test('one that hears no signal is killed', async () => {
  const program = "process.on('SIGINT', () => {}); setInterval(() => {}, 1_000); console.log('deaf')"
  const deaf = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'ignore'] })
  await once(deaf.stdout, 'data')
  await endChild(deaf, 'SIGINT', 100)
  expect(deaf.signalCode).toBe('SIGKILL')
})
