import pc from 'picocolors'
import { expect, test } from 'vitest'
import { formatLine } from './log-format.ts'

const colors = pc.createColors(false)
const now = new Date(2026, 10, 20, 14, 3, 7)
const format = (line: string, options = {}) => formatLine('ingestion', line, { colors, now, ...options })
const logLine = (fields: object) =>
  JSON.stringify({ level: 'info', time: now.toISOString(), service: 'ingestion', ...fields })

test('a log record becomes time, service, message and fields', () => {
  expect(format(logLine({ runId: 'run_1', counts: { listed: 3 }, note: 'two words', msg: 'run finished' }))).toBe(
    '14:03:07 ingestion  run finished runId=run_1 counts={"listed":3} note="two words"',
  )
})

test('warnings and errors are labelled, an error shows its message and stack', () => {
  expect(format(logLine({ level: 'warn', msg: 'slow' }))).toBe('14:03:07 ingestion  WARN slow')
  const stack = 'TypeError: x\n    at a (b.ts:1:2)\ncaused by: RangeError: y\n    at c (d.ts:3:4)'
  const err = { name: 'TypeError', message: 'x', cause: 'RangeError: y', stack }
  expect(format(logLine({ level: 'error', err, msg: 'failed' }))).toBe(
    [
      '14:03:07 ingestion  ERROR failed',
      'TypeError: x <- RangeError: y',
      ...['at a (b.ts:1:2)', 'caused by: RangeError: y', 'at c (d.ts:3:4)'],
    ].join('\n    '),
  )
})

test('debug lines are left out unless asked for', () => {
  expect(format(logLine({ level: 'debug', msg: 'detail' }))).toBeNull()
  expect(format(logLine({ level: 'debug', msg: 'detail' }), { verbose: true })).toContain('detail')
})

test('a line that is not a log record stays as it is, an empty one disappears', () => {
  expect(format('{ broken')).toBe('14:03:07 ingestion  { broken')
  expect(format('(node:1) Warning: careful')).toBe('14:03:07 ingestion  (node:1) Warning: careful')
  expect(format('  ')).toBeNull()
})

test('trace ids and process facts are left out', () => {
  expect(format(logLine({ traceId: 'abc', pid: 3, hostname: 'h', msg: 'm' }))).toBe('14:03:07 ingestion  m')
})
