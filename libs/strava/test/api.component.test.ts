import { Secret } from '@slipstream/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createPace, createStravaApi, type StravaApiOptions, type StravaCall, StravaError } from '../src/index.ts'
import { manualActivity, rideActivity, runActivity } from './fixtures.ts'
import { fault, type PlannedAnswer, startScriptedStrava } from './scripted-strava.ts'

let strava: Awaited<ReturnType<typeof startScriptedStrava>>
beforeAll(async () => {
  strava = await startScriptedStrava()
})
afterAll(() => strava.stop())

let calls: StravaCall[] = []
beforeEach(() => {
  calls = []
})

const api = (options: Partial<StravaApiOptions> = {}) =>
  createStravaApi({
    baseUrl: `${strava.url}/api/v3/`,
    retry: { minDelayMs: 1 },
    onCall: (call) => calls.push(call),
    ...options,
  })

const accessToken = new Secret('a'.repeat(40))
const firstPage = { accessToken, page: 1, perPage: 200 }
const failureOf = async (call: Promise<unknown>): Promise<StravaError> => {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof StravaError)) throw new Error('expected a StravaError', { cause: error })
  return error
}
const outcomes = () => calls.map(({ outcome }) => outcome)

const quotaHeaders = {
  'X-RateLimit-Limit': '200,2000',
  'X-Ratelimit-Usage': '79,222',
  'X-ReadRateLimit-Limit': '100,1000',
  'X-ReadRateLimit-Usage': '78,221',
}
const quota = {
  overall: { limit15m: 200, limitDay: 2000, used15m: 79, usedDay: 222 },
  read: { limit15m: 100, limitDay: 1000, used15m: 78, usedDay: 221 },
}

describe('listing activities', () => {
  test('asks for one page, with the token in the header alone', async () => {
    strava.answer({ body: [] })
    await api().listActivities({
      ...firstPage,
      page: 3,
      after: new Date('2026-07-01T00:00:00.600Z'),
      before: new Date('2026-07-29T00:00:00.400Z'),
    })
    const [request] = strava.requests
    expect(request?.method).toBe('GET')
    expect(request?.url.pathname).toBe('/api/v3/athlete/activities')
    expect(Object.fromEntries(request?.url.searchParams ?? [])).toEqual({
      page: '3',
      per_page: '200',
      after: String(Date.parse('2026-07-01T00:00:00Z') / 1000),
      before: String(Date.parse('2026-07-29T00:00:01Z') / 1000),
    })
    expect(request?.headers.authorization).toBe(`Bearer ${accessToken.reveal()}`)
  })

  test('gives the activities, what it could not read, and the quota', async () => {
    strava.answer({ headers: quotaHeaders, body: [rideActivity, { ...runActivity, start_date: '' }, manualActivity] })
    const page = await api().listActivities(firstPage)
    expect(page.data.map(({ sportType }) => sportType)).toEqual(['GravelRide', 'WeightTraining'])
    expect(page.unreadable).toEqual([{ stravaActivityId: '16181809000', problem: 'start_date: custom' }])
    expect(page.quota).toEqual({ ...quota, stravaDate: expect.any(Date) })
    expect(calls).toEqual([{ endpoint: 'activities', outcome: 'ok', seconds: expect.any(Number) }])
    expect(calls[0]?.seconds).toBeGreaterThan(0)
  })

  test('the page after the last is empty, and answers without quota headers tell the time alone', async () => {
    strava.answer({ body: [], headers: { date: 'Fri, 20 Nov 2026 12:00:07 GMT' } })
    const quota = { overall: null, read: null, stravaDate: new Date('2026-11-20T12:00:07Z') }
    expect(await api().listActivities(firstPage)).toEqual({ data: [], unreadable: [], quota })
  })

  test.each([
    ['a page of text', '<html>captive portal</html>', 'answer is not JSON'],
    ['an object', { activities: [] }, 'body: invalid_type'],
  ])('refuses %s under status 200', async (_case, body, problem) => {
    strava.answer({ body })
    const error = await failureOf(api().listActivities(firstPage))
    expect(error).toMatchObject({ kind: 'unexpected', code: 'strava_unexpected', httpStatus: 200 })
    expect(error.message).toContain(problem)
    expect(outcomes()).toEqual(['unexpected'])
  })
})

describe('one activity and the athlete', () => {
  test('ids past 2^53 keep all digits', async () => {
    const body = JSON.stringify({ ...rideActivity, segment_efforts: [] })
      .replace('16181809559', '2947197241971379348')
      .replace('[]', '[{"id":3407740473553522310}]')
    strava.answer({ headers: quotaHeaders, body })
    const activity = await api().getActivity({ accessToken, stravaActivityId: '2947197241971379348' })
    expect(activity).toMatchObject({ data: [{ stravaActivityId: '2947197241971379348', name: 'Evening loop' }], quota })
    expect(strava.requests[0]?.url.href).toMatch(/\/api\/v3\/activities\/2947197241971379348$/)
  })

  test('are those of the athlete who was asked for, as far as they say whose they are', async () => {
    const own = { ...rideActivity, athlete: { id: 4300112233 } }
    const other = { ...runActivity, athlete: { id: 4300112234 } }
    const { athlete: _athlete, ...ofNobody } = manualActivity
    const ownerId = '4300112233'
    strava.answer({ body: [own, ofNobody] })
    expect((await api().listActivities({ ...firstPage, ownerId })).data).toHaveLength(2)
    strava.answer({ body: [own, other] })
    expect(await failureOf(api().listActivities({ ...firstPage, ownerId }))).toMatchObject({
      ...{ kind: 'unexpected', code: 'strava_wrong_athlete' },
      message: expect.not.stringContaining('4300112234'),
    })
    strava.answer({ body: other })
    expect(await failureOf(api().getActivity({ accessToken, stravaActivityId: '1', ownerId }))).toMatchObject({
      ...{ kind: 'not_found', outcome: 'wrong_athlete', isExplained: false },
    })
    expect(outcomes()).toEqual(['ok', 'wrong_athlete', 'wrong_athlete'])
  })

  test('one that cannot be used is set aside, an answer that is no activity fails', async () => {
    strava.answer({ body: { ...rideActivity, start_date: 'soon' } })
    const { data, unreadable } = await api().getActivity({ accessToken, stravaActivityId: '1' })
    expect([data, unreadable]).toEqual([[], [expect.objectContaining({ stravaActivityId: String(rideActivity.id) })]])
    strava.answer({ body: {} })
    expect(await failureOf(api().getActivity({ accessToken, stravaActivityId: '1' }))).toMatchObject({
      kind: 'unexpected',
    })
  })

  test('a 404 says whether Strava gave a reason', async () => {
    strava.answer({ status: 404, body: fault('Activity', 'id', 'invalid', 'Record Not Found') })
    expect(await failureOf(api().getActivity({ accessToken, stravaActivityId: '1' }))).toMatchObject({
      ...{ kind: 'not_found', isExplained: true },
    })
    strava.answer({ status: 404, body: '' })
    expect(await failureOf(api().getActivity({ accessToken, stravaActivityId: '1' }))).toMatchObject({
      ...{ kind: 'not_found', isExplained: false },
    })
  })

  test.each(['..', '1/streams', '', '12a'])(
    'the activity id %j is refused without a call',
    async (stravaActivityId) => {
      strava.answer({ body: rideActivity })
      await expect(api().getActivity({ accessToken, stravaActivityId })).rejects.toThrow(TypeError)
      expect(strava.requests).toEqual([])
    },
  )

  test.each([
    [{ firstname: 'Ada', lastname: 'Example' }, 'Ada Example'],
    [{ firstname: 'Ada', lastname: '' }, 'Ada'],
    [{ firstname: null }, null],
  ])('the athlete %j is shown as %j', async (names, displayName) => {
    strava.answer({ body: { id: 4300112233, ...names } })
    expect((await api().getAthlete({ accessToken })).data).toEqual({ stravaAthleteId: '4300112233', displayName })
  })
})

describe('refused calls', () => {
  test.each([
    [401, fault('Athlete', 'access_token', 'invalid'), 'access_token_dead'],
    [401, fault('AccessToken', 'activity:read_permission', 'missing'), 'scope_missing'],
    [401, fault('Application', 'internal', 'invalid'), 'endpoint_closed'],
    [403, fault('Application', 'Status', 'Inactive', 'Forbidden'), 'app_inactive'],
    [404, fault('Activity', '', 'not found', 'Resource Not Found'), 'not_found'],
    [404, '', 'not_found'],
    [429, fault('Application', 'overall rate limit', 'exceeded', 'Rate Limit Exceeded'), 'rate_limited'],
    [302, '', 'unexpected'],
  ])('%i %j fails as it is judged, after one attempt', async (status, body, kind) => {
    strava.answer({ status, body, headers: { ...quotaHeaders, location: `${strava.url}/elsewhere` } })
    const error = await failureOf(api().getActivity({ accessToken, stravaActivityId: '1' }))
    expect(error).toMatchObject({
      name: 'StravaError',
      kind,
      code: `strava_${kind}`,
      endpoint: 'activity',
      httpStatus: status,
      missingScope: kind === 'scope_missing' ? 'activity:read' : null,
      quota,
    })
    expect(strava.requests).toHaveLength(1)
    expect(outcomes()).toEqual([kind])
  })
})

describe('short failures', () => {
  const failures: [string, PlannedAnswer, string][] = [
    ['500', { status: 500, body: { message: 'error' } }, 'transient'],
    ['502', { status: 502, body: '<h1>Bad Gateway</h1>' }, 'transient'],
    ['503', { status: 503 }, 'transient'],
    ['504', { status: 504 }, 'transient'],
    ['597', { status: 597 }, 'transient'],
    ['a connection that breaks', { cut: 'before' }, 'network'],
    ['an answer that breaks halfway', { cut: 'halfway', body: [runActivity] }, 'network'],
  ]

  test.each(failures)('%s is retried, each attempt with a permit of its own', async (_case, failure, outcome) => {
    strava.answer(failure, { body: [runActivity] })
    const beforeAttempt = vi.fn(async () => {})
    const page = await api().listActivities({ ...firstPage, beforeAttempt })
    expect(page.data).toHaveLength(1)
    expect(strava.requests).toHaveLength(2)
    expect(beforeAttempt).toHaveBeenCalledTimes(2)
    expect(outcomes()).toEqual([outcome, 'ok'])
  })

  test.each(failures)('%s every time fails after three attempts', async (_case, failure, outcome) => {
    strava.answer(failure)
    const error = await failureOf(api().listActivities(firstPage))
    expect(error).toMatchObject({ kind: 'transient', code: `strava_${outcome}` })
    expect(strava.requests).toHaveLength(3)
  })

  test('an unreachable host is a network failure that keeps its cause', async () => {
    const baseUrl = 'http://127.0.0.1:1'
    const error = await failureOf(api({ baseUrl, retry: { maxRetries: 0 } }).listActivities(firstPage))
    expect(error).toMatchObject({ code: 'strava_network', httpStatus: null, cause: expect.any(Error) })
  })

  test('no attempt is made without its permit, and what refused it comes back as it is', async () => {
    strava.answer({ status: 503 })
    const throttled = Object.assign(new Error('window closed'), { code: 'quota_exhausted' })
    const beforeAttempt = vi.fn<() => Promise<void>>().mockResolvedValueOnce().mockRejectedValue(throttled)
    await expect(api().listActivities({ ...firstPage, beforeAttempt })).rejects.toBe(throttled)
    expect(strava.requests).toHaveLength(1)
    expect(beforeAttempt).toHaveBeenCalledTimes(2)
  })

  test('no new attempt is made after the budget of the call', async () => {
    strava.answer({ status: 503 })
    await failureOf(api({ retry: { budgetMs: 0 } }).listActivities(firstPage))
    expect(strava.requests).toHaveLength(1)
  })

  test('while Strava is down, retries add a tenth to the calls and no more', async () => {
    strava.answer({ status: 503 })
    const client = api()
    for (let call = 0; call < 100; call += 1) await failureOf(client.getAthlete({ accessToken }))
    expect(strava.requests.length).toBeLessThanOrEqual(115)
  })
})

describe('time', () => {
  test('an attempt that takes too long fails as a timeout and is not repeated here', async () => {
    strava.answer({ cut: 'never' })
    const error = await failureOf(api({ timeoutMs: 50 }).listActivities(firstPage))
    expect(error).toMatchObject({ kind: 'transient', code: 'strava_timeout' })
    expect(strava.requests).toHaveLength(1)
    expect(outcomes()).toEqual(['timeout'])
  })

  test('the caller can give up, with a reason of its own', async () => {
    strava.answer({ cut: 'never' })
    const controller = new AbortController()
    const reason = new Error('shutting down')
    const call = api().listActivities({ ...firstPage, signal: controller.signal })
    call.catch(() => {})
    await vi.waitFor(() => expect(strava.requests).toHaveLength(1))
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
    expect(outcomes()).toEqual(['aborted'])
  })

  test('who has given up before makes no call and takes no permit', async () => {
    strava.answer({ body: [] })
    const beforeAttempt = vi.fn(async () => {})
    const signal = AbortSignal.abort(new Error('shutting down'))
    await expect(api().listActivities({ ...firstPage, signal, beforeAttempt })).rejects.toThrow('shutting down')
    expect(beforeAttempt).not.toHaveBeenCalled()
    expect(strava.requests).toEqual([])
  })

  test('a pace holds back the calls of one process', async () => {
    strava.answer({ cut: 'never' })
    const controller = new AbortController()
    const client = api({ pace: createPace({ maxConcurrent: 2, minSpacingMs: 0 }) })
    const beforeAttempt = vi.fn(async () => {})
    const options = { ...firstPage, signal: controller.signal, beforeAttempt }
    const settled = Promise.allSettled([1, 2, 3, 4].map((page) => client.listActivities({ ...options, page })))
    await vi.waitFor(() => expect(strava.requests).toHaveLength(2))
    expect(beforeAttempt).toHaveBeenCalledTimes(2)
    controller.abort()
    expect((await settled).map(({ status }) => status)).toEqual(Array(4).fill('rejected'))
    expect(strava.requests).toHaveLength(2)
  })
})
