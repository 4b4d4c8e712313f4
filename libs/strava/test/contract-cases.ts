import { Secret } from '@slipstream/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createStravaApi, createStravaOAuth, type StravaActivity } from '../src/index.ts'

export interface Application {
  clientId: string
  clientSecret: string
}

export interface GivenTokens {
  accessToken: string
  refreshToken: string
}

/** One Strava to test against. Each situation is set up anew, and says what a caller needs in it. */
export interface StravaUnderTest {
  url: string
  application: Application
  stop(): Promise<unknown>
  given: {
    freshCode(): Promise<string>
    spentCode(): Promise<string>
    freshGrant(): Promise<GivenTokens>
    grantThatIsRevokedNext(): Promise<GivenTokens>
    deadTokens(): Promise<GivenTokens>
    unknownToken(): Promise<string>
    wrongApplication(what: 'id' | 'secret', call: 'token' | 'revoke'): Promise<Application>
    athleteWithPages(): Promise<{ accessToken: string; perPage: number; activityCount: number }>
    oneActivity(): Promise<{ accessToken: string; stravaActivityId: string }>
    noActivity(): Promise<{ accessToken: string; stravaActivityId: string }>
    noActivityScope(): Promise<string>
    quotaForOneCall(): Promise<string>
    inactiveApplication(): Promise<GivenTokens>
    /** The next `times` calls fail so, and later ones succeed. */
    passingFailure(failure: 'error' | 'bad_gateway' | 'cut', times: number): Promise<string>
    oddQuotaHeaders(mode: 'missing' | 'empty' | 'mixed_case'): Promise<string>
  }
}

const activityOf = (activity: StravaActivity) => ({
  id: activity.stravaActivityId,
  startDate: activity.startDate,
  name: activity.name,
  distanceMeters: activity.distanceMeters,
})

/** What this client relies on, whoever plays Strava. */
export const stravaContract = (name: string, start: () => Promise<StravaUnderTest>) =>
  describe(`Strava as ${name}`, () => {
    let strava: StravaUnderTest
    beforeAll(async () => {
      strava = await start()
    })
    afterAll(() => strava.stop())

    let attempts = 0
    beforeEach(() => {
      attempts = 0
    })

    const oauth = (application = strava.application) =>
      createStravaOAuth({
        clientId: application.clientId,
        clientSecret: new Secret(application.clientSecret),
        baseUrl: strava.url,
        redirectUri: 'http://localhost:3000/callback',
      })
    const api = () => createStravaApi({ baseUrl: `${strava.url}/api/v3`, retry: { minDelayMs: 1 } })
    const caller = (accessToken: string) => ({
      accessToken: new Secret(accessToken),
      beforeAttempt: async () => {
        attempts += 1
      },
    })
    const firstPage = (accessToken: string) => ({ ...caller(accessToken), page: 1, perPage: 30 })
    const failsWith = (call: Promise<unknown>, facts: object) =>
      expect(call).rejects.toMatchObject({ name: 'StravaError', ...facts })

    test('a code gives a grant', async () => {
      const grant = await oauth().exchangeCode({ code: await strava.given.freshCode() })
      expect(grant.accessToken.reveal()).toMatch(/^[0-9a-f]{40}$/)
      expect(grant.refreshToken.reveal()).toMatch(/^[0-9a-f]{40}$/)
      expect(Math.abs(grant.accessExpiresAt.getTime() - Date.now() - 6 * 3_600_000)).toBeLessThan(600_000)
      expect(grant.athlete).toEqual({
        stravaAthleteId: expect.stringMatching(/^\d+$/),
        displayName: expect.stringMatching(/\S/),
      })
    })

    test('a spent code does not', async () => {
      await failsWith(oauth().exchangeCode({ code: await strava.given.spentCode() }), { kind: 'code_invalid' })
    })

    test('a grant can be refreshed', async () => {
      const { refreshToken } = await strava.given.freshGrant()
      const tokens = await oauth().refresh({ refreshToken: new Secret(refreshToken) })
      expect(tokens.accessToken.reveal()).toMatch(/^[0-9a-f]{40}$/)
      expect(tokens.refreshToken?.reveal()).toMatch(/^[0-9a-f]{40}$/)
      expect(tokens.accessExpiresAt.getTime()).toBeGreaterThan(Date.now())
    })

    test('a grant can be ended by its refresh token, and then cannot be refreshed', async () => {
      const refreshToken = new Secret((await strava.given.grantThatIsRevokedNext()).refreshToken)
      await oauth().revoke({ token: refreshToken })
      await failsWith(oauth().refresh({ refreshToken }), { kind: 'refresh_token_dead' })
    })

    test('a token that Strava does not know can be revoked', async () => {
      await oauth().revoke({ token: new Secret(await strava.given.unknownToken()) })
    })

    test('dead tokens are told from each other', async () => {
      const tokens = await strava.given.deadTokens()
      await failsWith(oauth().refresh({ refreshToken: new Secret(tokens.refreshToken) }), {
        kind: 'refresh_token_dead',
      })
      await failsWith(api().getAthlete(caller(tokens.accessToken)), { kind: 'access_token_dead' })
    })

    test.each([
      ['id', 'token'],
      ['secret', 'token'],
      ['secret', 'revoke'],
    ] as const)('a wrong client %s is noticed at %s', async (what, call) => {
      const client = oauth(await strava.given.wrongApplication(what, call))
      const token = new Secret('0'.repeat(40))
      await failsWith(call === 'token' ? client.refresh({ refreshToken: token }) : client.revoke({ token }), {
        kind: 'client_credentials_invalid',
      })
    })

    test('the athlete of a token is the athlete of the grant', async () => {
      const { accessToken } = await strava.given.freshGrant()
      const { data } = await api().getAthlete(caller(accessToken))
      expect(data).toEqual({
        stravaAthleteId: expect.stringMatching(/^\d+$/),
        displayName: expect.stringMatching(/\S/),
      })
    })

    test('pages up to the empty one hold every activity once, all readable', async () => {
      const { accessToken, perPage, activityCount } = await strava.given.athleteWithPages()
      const client = api()
      const found: StravaActivity[] = []
      for (let page = 1; ; page += 1) {
        const { data, unreadable, quota } = await client.listActivities({ ...caller(accessToken), page, perPage })
        expect(unreadable).toEqual([])
        expect(data.length).toBeLessThanOrEqual(perPage)
        expect(quota?.read?.used15m).toBe(page)
        if (data.length === 0) break
        found.push(...data)
      }
      expect(found).toHaveLength(activityCount)
      expect(new Set(found.map(({ stravaActivityId }) => stravaActivityId)).size).toBe(activityCount)
      for (const { athleteId } of found) expect(athleteId).toBe(found[0]?.athleteId)
    })

    test('one activity is the same by itself as in the list', async () => {
      const { accessToken, stravaActivityId } = await strava.given.oneActivity()
      const [activity] = (await api().getActivity({ ...caller(accessToken), stravaActivityId })).data
      const page = await api().listActivities(firstPage(accessToken))
      const listed = page.data.find((one) => one.stravaActivityId === stravaActivityId)
      expect(listed && activityOf(listed)).toEqual(activity && activityOf(activity))
      expect(activity).toBeDefined()
    })

    test('an activity that is not there is not found', async () => {
      const { accessToken, stravaActivityId } = await strava.given.noActivity()
      await failsWith(api().getActivity({ ...caller(accessToken), stravaActivityId }), { kind: 'not_found' })
      expect(attempts).toBe(1)
    })

    test('a grant without the scope for activities names it', async () => {
      const accessToken = await strava.given.noActivityScope()
      await failsWith(api().listActivities(firstPage(accessToken)), {
        kind: 'scope_missing',
        missingScope: 'activity:read',
      })
    })

    test('the call past the quota is refused once, and tells the usage', async () => {
      const accessToken = await strava.given.quotaForOneCall()
      await api().listActivities(firstPage(accessToken))
      await failsWith(api().listActivities(firstPage(accessToken)), {
        kind: 'rate_limited',
        httpStatus: 429,
        quota: { read: { limit15m: 1, used15m: 2 } },
      })
      expect(attempts).toBe(2)
    })

    test('an inactive application is known at every call', async () => {
      const tokens = await strava.given.inactiveApplication()
      await failsWith(api().listActivities(firstPage(tokens.accessToken)), { kind: 'app_inactive' })
      await failsWith(oauth().refresh({ refreshToken: new Secret(tokens.refreshToken) }), { kind: 'app_inactive' })
    })

    test.each(['error', 'bad_gateway', 'cut'] as const)('a passing failure (%s) is overcome', async (failure) => {
      const accessToken = await strava.given.passingFailure(failure, 2)
      await api().listActivities(firstPage(accessToken))
      expect(attempts).toBe(3)
    })

    test.each([
      ['missing', { overall: null, read: null }],
      ['empty', { overall: null, read: null }],
      ['mixed_case', { overall: { used15m: 1 }, read: { used15m: 1 } }],
    ] as const)('quota headers that are %s are survived', async (mode, quota) => {
      const accessToken = await strava.given.oddQuotaHeaders(mode)
      const page = await api().listActivities(firstPage(accessToken))
      expect(page.quota).toMatchObject(quota)
      expect(page.quota?.stravaDate).toBeInstanceOf(Date)
    })
  })
