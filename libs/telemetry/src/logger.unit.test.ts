import { expect, it } from 'vitest'
import { createLogger } from './logger.ts'
import { startTracing, withSpan } from './tracing.ts'

const capture = () => {
  const lines: string[] = []
  const log = createLogger('gateway', 'info', { write: (line: string) => lines.push(line) })
  return { log, lines }
}

it('logs of an error its name, code, message and causes, but none of its other properties', () => {
  const { log, lines } = capture()
  const cause = Object.assign(new Error('socket closed'), { headers: { authorization: 'Bearer canary' } })
  log.error(
    { err: Object.assign(new Error('call failed', { cause }), { code: 'E_CALL', url: 'https://x/?canary' }) },
    'x',
  )
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    service: 'gateway',
    level: 'error',
    err: { name: 'Error', code: 'E_CALL', message: 'call failed', cause: { message: 'socket closed' } },
  })
  expect(lines[0]).not.toContain('canary')
})

it('hides values under the names secrets go by', () => {
  const { log, lines } = capture()
  log.info({ accessToken: 'canary', link: { refreshToken: 'canary', state: 'canary' } }, 'linked')
  expect(lines[0]).not.toContain('canary')
})

it('carries the trace id of the active span', async () => {
  const tracing = await startTracing('test', undefined)
  const { log, lines } = capture()
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await withSpan('work', { parent }, async () => log.info('inside'))
  log.info('outside')
  await tracing.shutdown()
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c' })
  expect(JSON.parse(lines[1] ?? '')).not.toHaveProperty('traceId')
})
