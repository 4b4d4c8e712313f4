import type { StravaUnderTest } from './contract-cases.ts'
import { manualActivity, rideActivity, runActivity } from './fixtures.ts'
import { fault, type PlannedAnswer, startScriptedStrava } from './scripted-strava.ts'

const hex = (digit: string) => digit.repeat(40)
const tokens = { accessToken: hex('a'), refreshToken: hex('b') }
const athlete = { id: 4300112233, resource_state: 2, firstname: 'Ada', lastname: 'Example', premium: true }

const tokenAnswer = () => ({
  token_type: 'Bearer',
  access_token: hex('c'),
  expires_at: Math.floor(Date.now() / 1000) + 21_600,
  expires_in: 21_600,
  refresh_token: hex('d'),
})

const quota = (used: number, readLimit = 100): Record<string, string> => ({
  'X-RateLimit-Limit': '200,2000',
  'X-RateLimit-Usage': `${used},${used}`,
  'X-ReadRateLimit-Limit': `${readLimit},1000`,
  'X-ReadRateLimit-Usage': `${used},${used}`,
})
const page = (activities: object[], used = 1): PlannedAnswer => ({ body: activities, headers: quota(used) })

const refusals = {
  spentCode: { status: 400, body: fault('AuthorizationCode', 'code', 'invalid') },
  deadRefreshToken: { status: 400, body: fault('RefreshToken', 'refresh_token', 'invalid') },
  deadAccessToken: { status: 401, body: fault('Athlete', 'access_token', 'invalid', 'Authorization Error') },
  unknownClient: { status: 400, body: fault('Application', 'client_id', 'invalid') },
  wrongSecret: { status: 401, body: fault('Application', '', 'invalid', 'Authorization Error') },
  wrongBasic: { status: 401, body: { message: 'Authorization Error', errors: [] } },
  inactive: { status: 403, body: fault('Application', 'Status', 'Inactive', 'Forbidden') },
  noScope: {
    status: 401,
    body: fault('AccessToken', 'activity:read_permission', 'missing', 'Authorization Error'),
  },
  notFound: { status: 404, body: fault('Activity', '', 'not found', 'Resource Not Found') },
  overQuota: {
    status: 429,
    headers: quota(2, 1),
    body: fault('Application', 'overall rate limit', 'exceeded', 'Rate Limit Exceeded'),
  },
} satisfies Record<string, PlannedAnswer>

const passing: Record<'error' | 'bad_gateway' | 'cut', PlannedAnswer> = {
  error: { status: 500, body: { message: 'error' } },
  bad_gateway: { status: 502, body: '<html><h1>502 Bad Gateway</h1></html>' },
  cut: { cut: 'before' },
}

const oddHeaders: Record<'missing' | 'empty' | 'mixed_case', Record<string, string>> = {
  missing: {},
  empty: {
    'X-RateLimit-Limit': ',',
    'X-RateLimit-Usage': ',',
    'X-ReadRateLimit-Limit': ',',
    'X-ReadRateLimit-Usage': ',',
  },
  mixed_case: {
    'x-ratelimit-limit': '200,2000',
    'X-Ratelimit-Usage': '1,1',
    'X-READRATELIMIT-LIMIT': '100,1000',
    'X-ReadRatelimit-Usage': '1,1',
  },
}

/** Answers in the shapes that public recordings and reports show; values invented. */
export const startRecordedStrava = async (): Promise<StravaUnderTest> => {
  const server = await startScriptedStrava()
  const application = { clientId: '12345', clientSecret: hex('e') }
  const giving = async <T>(result: T, ...answers: PlannedAnswer[]): Promise<T> => {
    server.answer(...answers)
    return result
  }
  const { accessToken } = tokens

  return {
    url: server.url,
    application,
    stop: server.stop,
    given: {
      freshCode: () => giving('c0de', { body: { ...tokenAnswer(), athlete } }),
      spentCode: () => giving('c0de', refusals.spentCode),
      freshGrant: () => giving(tokens, { body: { ...tokenAnswer(), ...athlete } }),
      grantThatIsRevokedNext: () => giving(tokens, { status: 200 }, refusals.deadRefreshToken),
      deadTokens: () => giving(tokens, refusals.deadRefreshToken, refusals.deadAccessToken),
      unknownToken: () => giving(hex('0'), { status: 200 }),
      wrongApplication: (what, call) => {
        const refusal = what === 'id' ? refusals.unknownClient : refusals.wrongSecret
        return giving(application, call === 'revoke' ? refusals.wrongBasic : refusal)
      },
      athleteWithPages: () =>
        giving(
          { accessToken, perPage: 2, activityCount: 3 },
          page([rideActivity], 1),
          page([runActivity, manualActivity], 2),
          page([], 3),
        ),
      oneActivity: () =>
        giving(
          { accessToken, stravaActivityId: String(rideActivity.id) },
          { body: { ...rideActivity, resource_state: 3, description: null, calories: 900.5, splits_metric: [] } },
          page([runActivity, rideActivity]),
        ),
      noActivity: () => giving({ accessToken, stravaActivityId: '1' }, refusals.notFound),
      noActivityScope: () => giving(accessToken, refusals.noScope),
      quotaForOneCall: () => giving(accessToken, page([runActivity]), refusals.overQuota),
      inactiveApplication: () => giving(tokens, refusals.inactive),
      passingFailure: (failure, times) =>
        giving(accessToken, ...Array<PlannedAnswer>(times).fill(passing[failure]), page([runActivity])),
      oddQuotaHeaders: (mode) => giving(accessToken, { body: [runActivity], headers: oddHeaders[mode] }),
    },
  }
}
