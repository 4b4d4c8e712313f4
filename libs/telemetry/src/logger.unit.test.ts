import { expect, it } from 'vitest'
import { createLogger } from './logger.ts'
import { traceLocally, withSpan } from './tracing.ts'

const capture = () => {
  const lines: string[] = []
  const log = createLogger('gateway', 'info', { write: (line: string) => lines.push(line) })
  return { log, lines }
}

it('hides values under the names secrets go by', () => {
  const { log, lines } = capture()
  log.info({ accessToken: 'canary', link: { refreshToken: 'canary', state: 'canary' } }, 'linked')
  expect(lines[0]).not.toContain('canary')
})

it('carries the trace id of the active span', async () => {
  traceLocally()
  const { log, lines } = capture()
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await withSpan('work', { parent }, async () => log.info('inside'))
  log.info('outside')
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c' })
  expect(JSON.parse(lines[1] ?? '')).not.toHaveProperty('traceId')
})
