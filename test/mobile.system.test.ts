import type { Problem, Status, WorkoutPage } from '@slipstream/contracts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type MobileApp, newProof, openMobileApp } from './support/mobile-app.ts'
import { type RunningSystem, startSystem } from './support/system.ts'

describe('linking Strava from the mobile app', () => {
  let system: RunningSystem
  let dana: MobileApp
  let ben: MobileApp

  beforeAll(async () => {
    system = await startSystem('mobile')
    ;[dana, ben] = await Promise.all([openMobileApp(system, 'dana'), openMobileApp(system, 'ben')])
  })

  afterAll(async () => {
    await system?.stop()
  })

  const statusOf = async (app: MobileApp) => (await app.api<Status>('GET', '/strava/status')).body.status

  it('is refused until the profile is submitted', async () => {
    const body = { platform: 'mobile', codeChallenge: newProof().codeChallenge }
    const refused = await dana.api<Problem>('POST', '/strava/link-token', body)
    expect(refused).toMatchObject({ status: 409, body: { code: 'profile_required' } })

    const profile = { displayName: 'Dana', primarySport: 'Run', weeklyGoalHours: 3 }
    expect((await dana.api('PUT', '/profile', profile)).status).toBe(200)
    expect((await ben.api('PUT', '/profile', { ...profile, displayName: 'Ben' })).status).toBe(200)
  })

  it('is refused without a code challenge', async () => {
    const refused = await dana.api<Problem>('POST', '/strava/link-token', { platform: 'mobile' })
    expect(refused).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
  })

  it('comes back to the app with an error when the athlete refuses', async () => {
    const deepLink = await dana.link({ codeChallenge: newProof().codeChallenge, decision: 'deny' })
    expect(deepLink.href).toBe('coachai://oauth/strava?error=consent_denied')
    expect(await statusOf(dana)).toBe('not_linked')
  })

  describe('after consent', () => {
    const proof = newProof()
    let result: string

    beforeAll(async () => {
      const deepLink = await dana.link({ codeChallenge: proof.codeChallenge, decision: 'allow' })
      expect(`${deepLink.protocol}//${deepLink.host}${deepLink.pathname}`).toBe('coachai://oauth/strava')
      expect([...deepLink.searchParams.keys()]).toEqual(['result'])
      result = deepLink.searchParams.get('result') ?? ''
    })

    it('nothing is linked before the app has proven that it began', async () => {
      expect(await statusOf(dana)).toBe('pending')
      expect((await dana.api<WorkoutPage>('GET', '/workouts')).body.items).toEqual([])
    })

    it.each([
      ['a wrong verifier', () => dana.complete(result, newProof().codeVerifier)],
      ['another athlete, even with the verifier', () => ben.complete(result, proof.codeVerifier)],
      ['a made-up result', () => dana.complete(newProof().codeVerifier, proof.codeVerifier)],
    ])('%s is refused', async (_case, attempt) => {
      expect(await attempt()).toMatchObject({ status: 400, body: { code: 'result_invalid' } })
      expect(await statusOf(dana)).toBe('pending')
    })

    it('the app that began completes, once among many at the same time', async () => {
      const answers = await Promise.all(Array.from({ length: 10 }, () => dana.complete(result, proof.codeVerifier)))
      const completed = answers.filter(({ status }) => status === 200)
      expect(completed).toHaveLength(1)
      expect(completed[0]?.body).toMatchObject({ status: 'active', athlete: { displayName: 'Dana Dogwood' } })
      for (const answer of answers.filter(({ status }) => status !== 200)) {
        expect(answer).toMatchObject({ status: 400, body: { code: 'result_invalid' } })
      }
    })

    it('a result that was used is refused, and the link stays', async () => {
      expect(await dana.complete(result, proof.codeVerifier)).toMatchObject({
        status: 400,
        body: { code: 'result_invalid' },
      })
      expect(await statusOf(dana)).toBe('active')
      expect(await statusOf(ben)).toBe('not_linked')
    })

    it('the workouts of the last four weeks arrive', async () => {
      await vi.waitFor(
        async () => {
          const { body } = await dana.api<Status>('GET', '/strava/status')
          expect(body.lastSync?.outcome).toBe('succeeded')
        },
        { timeout: 20_000, interval: 100 },
      )
      const { body } = await dana.api<WorkoutPage>('GET', '/workouts')
      expect(body.items.length).toBeGreaterThan(0)
    })

    it('another athlete who links the same Strava account is refused, and the first one keeps it', async () => {
      const other = await openMobileApp(system, 'ben', 'dana')
      const deepLink = await other.link({ codeChallenge: newProof().codeChallenge, decision: 'allow' })
      expect(deepLink.href).toBe('coachai://oauth/strava?error=strava_account_in_use')
      expect(await statusOf(other)).toBe('not_linked')
      expect(await statusOf(dana)).toBe('active')
      expect((await system.control.athlete('dana')).connected).toBe(true)
    })
  })
})
