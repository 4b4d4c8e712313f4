import { expect, test } from 'vitest'
import { createFormatter } from './log-format.ts'

const format = createFormatter(false)
const time = new Date(2026, 10, 20, 14, 3, 7).toISOString()
const formatRecord = (fields: object) => format('ingestion', JSON.stringify({ level: 'info', time, ...fields }))

test('a log record becomes time, service, message and fields', () => {
  const fields = { service: 'ingestion', runId: 'run_1', counts: { listed: 3 }, note: 'two words' }
  expect(formatRecord({ ...fields, msg: 'run finished' })).toBe(
    '14:03:07  ingestion: run finished {"runId":"run_1","counts":{"listed":3},"note":"two words"}\n',
  )
})

test('other levels than info are named', () => {
  expect(formatRecord({ level: 'warn', msg: 'slow' })).toBe('14:03:07  ingestion WARN: slow\n')
  expect(formatRecord({ level: 'debug', msg: 'detail' })).toBe('14:03:07  ingestion DEBUG: detail\n')
})

test('what was foreseen is one line about the error, what was not is its stack', () => {
  const err = { name: 'StravaError', code: 'strava_unreachable', message: 'no answer', cause: 'Error ECONNRESET: x' }
  expect(formatRecord({ level: 'error', err, runId: 'run_1', msg: 'failed' })).toBe(
    '14:03:07  ingestion ERROR: failed {"runId":"run_1"}\n    err: StravaError strava_unreachable: no answer <- Error ECONNRESET: x\n',
  )
  const stack = 'TypeError: x\n    at a (b.ts:1:2)\ncaused by: RangeError: y\n    at c (d.ts:3:4)'
  expect(formatRecord({ level: 'error', err: { name: 'TypeError', message: 'x', stack }, msg: 'failed' })).toMatch(
    /failed \n {4}err: TypeError: x\n +at a \(b\.ts:1:2\)\n +caused by: RangeError: y\n +at c \(d\.ts:3:4\)\n$/,
  )
})

test('the trace id is there, in short; ids of span and process are not', () => {
  const fields = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', pid: 3, hostname: 'h' }
  expect(formatRecord({ ...fields, msg: 'm' })).toBe('14:03:07  ingestion: m {"traceId":"0af76519"}\n')
})

test('a line that is not a log record stays as it is, an empty one disappears', () => {
  expect(format('gateway', '{ broken')).toMatch(/^\d\d:\d\d:\d\d {4}gateway: \{ broken\n$/)
  expect(format('gateway', '(node:1) Warning: careful')).toMatch(/gateway: \(node:1\) Warning: careful\n$/)
  expect(format('gateway', '  ')).toBe('')
})
