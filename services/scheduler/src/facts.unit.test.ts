import { createLogger, createMetrics } from '@slipstream/telemetry'
import { expect, test } from 'vitest'
import { createFacts } from './facts.ts'

test('that webhooks of an athlete are put off is one line a pause, however many there are', () => {
  const lines: { athleteId: string }[] = []
  const log = createLogger('test', 'info', { write: (line: string) => lines.push(JSON.parse(line)) })
  const facts = createFacts(log, createMetrics('scheduler'))
  const [first, second] = [new Date('2026-11-26T10:00:00Z'), new Date('2026-11-26T11:00:00Z')]
  for (let notice = 0; notice < 8; notice += 1) {
    facts.looksPutOff('ath_1', first)
    facts.looksPutOff('ath_2', first)
  }
  facts.looksPutOff('ath_1', second)
  expect(lines.map(({ athleteId }) => athleteId)).toEqual(['ath_1', 'ath_2', 'ath_1'])
})
