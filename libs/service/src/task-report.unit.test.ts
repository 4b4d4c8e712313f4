import { createLogger } from '@slipstream/telemetry'
import { expect, test } from 'vitest'
import { createTaskReport } from './task-report.ts'

test('a task that fails is told once, and so is that it works again', () => {
  const lines: { level: string; msg: string; failedTurns?: number }[] = []
  const log = createLogger('test', 'info', { write: (line: string) => lines.push(JSON.parse(line)) })
  const report = createTaskReport(log, 'inbox')
  report.worked()
  for (const _turn of [1, 2, 3]) report.failed(new Error('away'))
  report.worked()
  report.worked()
  report.failed(new Error('away'))
  expect(lines).toMatchObject([
    { level: 'error', task: 'inbox', err: { message: 'away' } },
    { level: 'info', task: 'inbox', failedTurns: 3 },
    { level: 'error', task: 'inbox' },
  ])
})
