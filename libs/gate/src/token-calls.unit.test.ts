import type { QuotaLedger } from '@slipstream/quota'
import { Secret } from '@slipstream/runtime'
import { StravaError, type StravaGrant } from '@slipstream/strava'
import { describe, expect, test } from 'vitest'
import { createTokenCalls, judgeRefresh } from './token-calls.ts'

const away = new Error('no primary')
const tokens = { accessToken: new Secret('new'), refreshToken: new Secret('newer'), accessExpiresAt: new Date() }
const never = new Promise<never>(() => {})

/** Token calls beside a ledger that does as given. */
const callsWith = (ledger: Partial<Pick<QuotaLedger, 'mayRefresh' | 'report'>>, failure?: StravaError) => {
  const notTold: unknown[] = []
  const answer = async () => {
    if (failure) throw failure
    return tokens
  }
  const calls = createTokenCalls({
    oauth: {
      refresh: answer,
      exchangeCode: async () => ({ ...(await answer()) }) as StravaGrant,
      revoke: async () => {},
    },
    ledger: { mayRefresh: async () => ({ granted: true }), report: async () => null, ...ledger },
    clock: { now: () => new Date() },
    onReportFailed: (error) => notTold.push(error),
  })
  const refresh = () => calls.refreshTokens(new Secret('old'), { athleteId: 'ath' })
  return { ...calls, refresh, notTold }
}

describe('an answer that may be the only copy of a grant', () => {
  test.each([
    ['cannot be told of it', async () => Promise.reject(away)],
    ['takes its time', () => never],
  ])('is handed over at once where the ledger %s', async (_what, report) => {
    const { refresh, exchangeCode } = callsWith({ report })
    expect(await refresh()).toBe(tokens)
    expect(await exchangeCode('code')).toEqual(tokens)
  })

  test('that the ledger was not told of is a fact', async () => {
    const { refresh, notTold } = callsWith({ report: async () => Promise.reject(away) })
    await refresh()
    await expect.poll(() => notTold).toEqual([away])
  })
})

test('a failure is told as it is where the ledger cannot be told of it', async () => {
  const failure = new StravaError({ endpoint: 'refresh', outcome: 'refresh_token_dead', httpStatus: 400 })
  const { refresh, exchangeCode } = callsWith({ report: async () => Promise.reject(away) }, failure)
  const error = await refresh().catch((thrown: unknown) => thrown)
  expect(judgeRefresh(error)).toEqual({ kind: 'dead' })
  await expect(exchangeCode('code')).rejects.toBe(failure)
})

test('a refresh that the ledger could not be asked about was not made', async () => {
  const { refresh } = callsWith({ mayRefresh: async () => Promise.reject(away) })
  const error = await refresh().catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'not_sent', cause: away })
  expect(judgeRefresh(error)).toEqual({ kind: 'passed_on' })
})
