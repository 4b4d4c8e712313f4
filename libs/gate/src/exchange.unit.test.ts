import { Secret } from '@slipstream/runtime'
import { StravaError, type StravaGrant } from '@slipstream/strava'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { exchangePatiently } from './exchange.ts'

const grant: StravaGrant = {
  accessToken: new Secret('access'),
  refreshToken: new Secret('refresh'),
  accessExpiresAt: new Date(),
  athlete: null,
}
const failed = (outcome: ConstructorParameters<typeof StravaError>[0]['outcome'], httpStatus?: number) =>
  new StravaError({ endpoint: 'token', outcome, ...(httpStatus && { httpStatus }) })
const refused = failed('code_invalid', 400)
const down = failed('transient', 503)
const cut = failed('network')
const unreadable = failed('unexpected', 200)

/** What each call to Strava answers, in turn; the last one for ever. */
const exchange = async (answers: readonly (StravaError | typeof grant)[]) => {
  let calls = 0
  const ending = exchangePatiently(async () => {
    const answer = answers[Math.min(calls, answers.length - 1)]
    calls++
    if (answer instanceof Error) throw answer
    return answer ?? grant
  }).catch((error: unknown) => error)
  await vi.runAllTimersAsync()
  return { end: await ending, calls }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the exchange of a code', () => {
  test.each([
    ['is made once where it works', [grant], 1, grant],
    ['is made again after a first refusal of the code', [refused, grant], 2, grant],
    ['is not made a third time after a second refusal', [refused, refused, grant], 2, refused],
    ['is made again after a 5xx', [down, down, grant], 3, grant],
    ['is made again after a connection that was cut', [cut, grant], 2, grant],
    ['is made again after an answer that nobody can read', [unreadable, grant], 2, grant],
    ['ends after three tries', [down], 3, down],
    ['that a lost answer may have spent fails for that reason', [cut, refused], 3, cut],
  ] as const)('%s', async (_what, answers, calls, end) => {
    expect(await exchange(answers)).toEqual({ calls, end })
  })

  test.each(['app_inactive', 'client_credentials_invalid', 'rate_limited', 'athlete_limit_reached'] as const)(
    'is not made again where Strava refuses it as %s',
    async (outcome) => {
      const error = failed(outcome, 403)
      expect(await exchange([error])).toEqual({ calls: 1, end: error })
    },
  )
})
