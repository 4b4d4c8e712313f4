import type { WaitReason } from '@slipstream/contracts'
import type { OpenStop } from '@slipstream/quota'
import { createLogger, createMetrics } from '@slipstream/telemetry'
import { expect, test } from 'vitest'
import { createFacts } from '../facts.ts'
import { wakeRuns } from './wake-runs.ts'

const now = new Date('2026-11-20T12:00:00Z')
const stop = (name: OpenStop['name'], trouble: OpenStop['trouble'] = 'unanswered'): OpenStop => ({
  ...{ name, trouble, since: now },
})
const [lists, tokens] = [stop('activities'), stop('refresh')]
const [off, secret] = [stop('app', 'inactive'), stop('refresh', 'credentials')]

const bucket = { limit: 100, used: 0, windowStart: now }

/** Who is woken at which of these looks at the ledger. */
const wokenAt = async (looks: OpenStop[][]): Promise<WaitReason[][]> => {
  const woken: WaitReason[][] = []
  const remaining = [...looks]
  const turn = wakeRuns({
    ledger: {
      read: async () => ({
        ...{ stops: remaining.shift() ?? [], isSpent: false, opensAt: () => now },
        buckets: { overall15m: bucket, overallDay: bucket, read15m: bucket, readDay: bucket },
      }),
    },
    runs: {
      wake: async (reason) => {
        woken.at(-1)?.push(reason)
        return 1
      },
    },
    facts: createFacts(createLogger('test', 'silent'), createMetrics('test')),
    clock: { now: () => now },
  })
  for (const _look of looks) {
    woken.push([])
    await turn(new AbortController().signal)
  }
  return woken
}

test.each<[string, OpenStop[][], WaitReason[][]]>([
  ['nothing ends', [[lists], [lists]], [[], []]],
  ['one ends', [[lists], []], [[], ['strava']]],
  ['one ends while another of the same reason lasts', [[lists, tokens], [tokens], []], [[], ['strava'], ['strava']]],
  ['the app is on again while its secret is still refused', [[off, secret], [secret]], [[], ['app']]],
  ['two of one reason end together', [[lists, tokens], []], [[], ['strava']]],
  ['one trouble becomes another', [[lists], [stop('activities', 'endpoint')]], [[], ['strava']]],
  ['one begins', [[], [lists]], [[], []]],
])('those who waited are woken where %s', async (_what, looks, expected) => {
  expect(await wokenAt(looks)).toEqual(expected)
})
