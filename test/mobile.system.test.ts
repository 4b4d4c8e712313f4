import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { errorCatalogue, type Problem, type Status, type WorkoutPage } from '@slipstream/contracts'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { newPhone, type Phone } from './support/link-app.ts'
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

  describe("with the library's link service", () => {
    const appOf = async (account: string): Promise<{ phone: Phone; status: () => Promise<Status['status']> }> => {
      const app = await openMobileApp(system, account)
      await app.api('PUT', '/profile', { displayName: account, primarySport: 'Run', weeklyGoalHours: null })
      return { phone: await newPhone(system, account), status: () => statusOf(app) }
    }

    /** Consents; the deep link opens no app, as the system has ended it. */
    const consentAndBeKilled = async (phone: Phone): Promise<string> => {
      const { promise, resolve } = Promise.withResolvers<string>()
      const browser = phone.browserThat('allow')
      const open: typeof browser.open = async (connectUrl, returnUrl) => {
        const departure = await browser.open(connectUrl, returnUrl)
        if (departure.kind === 'returned') resolve(departure.url)
        return await new Promise(() => {})
      }
      void phone.openApp({ browser: { open } }).link()
      return await promise
    }

    /** A phone that waits for its own way back is opened by somebody else's. */
    const openWithAnothers = async (phone: Phone, url: string) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const open = () => {
        resolve()
        return new Promise<never>(() => {})
      }
      void phone.openApp({ browser: { open } }).link()
      await promise
      return await phone.openApp().resume(url)
    }

    /** The first completion reaches the gateway, and its answer not the app. */
    const losingTheFirstAnswer = (lost: () => Promise<never>): typeof fetch => {
      let isLost = false
      return async (url, init) => {
        const answer = await fetch(url, init)
        if (isLost || !String(url).endsWith('/callback')) return answer
        isLost = true
        return await lost()
      }
    }

    it('tells why linking cannot begin, and who acts', async () => {
      const phone = await newPhone(system, 'eva')
      const { profile_required: entry } = errorCatalogue
      expect(await phone.openApp().link()).toMatchObject({
        step: 'failed',
        error: { code: 'profile_required', title: entry.title, actor: 'athlete', action: 'submit_profile' },
      })
    })

    it('links, and leaves nothing on the phone', async () => {
      const { phone } = await appOf('eva')
      const athlete = { displayName: (await system.control.athlete('eva')).name }
      expect(await phone.openApp().link()).toMatchObject({ step: 'linked', status: { status: 'active', athlete } })
      expect(phone.stored.size).toBe(0)
    })

    it('tells of a no, and the deep link opens an app that was killed meanwhile', async () => {
      const { phone, status } = await appOf('chris')
      const denied = await phone.openApp({ browser: phone.browserThat('deny') }).link()
      expect(denied).toMatchObject({ step: 'failed', error: { code: 'consent_denied' } })

      const url = await consentAndBeKilled(phone)
      expect(await status()).toBe('pending')
      const again = phone.openApp()
      expect(await again.resume(url)).toMatchObject({ step: 'linked', status: { status: 'active' } })
      // The system hands it over by both of its ways, and once more to an app that is opened later.
      expect(await again.resume(url)).toMatchObject({ step: 'linked' })
      expect(await phone.openApp().resume(url)).toEqual({ step: 'idle' })
      expect(await status()).toBe('active')
    })

    it('a deep link that another phone got is worth nothing there, and works on the right one', async () => {
      const { phone, status } = await appOf('busy')
      const url = await consentAndBeKilled(phone)
      const other = await newPhone(system, 'busy')
      expect(await other.openApp().resume(url)).toEqual({ step: 'idle' })
      expect(await openWithAnothers(other, url)).toMatchObject({ step: 'failed', error: { code: 'result_invalid' } })
      expect(await status()).toBe('pending')
      expect(await phone.openApp().resume(url)).toMatchObject({ step: 'linked' })
    })

    it('completes although the answer got lost', async () => {
      const { phone } = await appOf('anna')
      const lost = () => Promise.reject(new TypeError('Network request failed'))
      const fetch = losingTheFirstAnswer(lost)
      expect(await phone.openApp({ fetch }).link()).toMatchObject({ step: 'linked', status: { status: 'active' } })
    })

    it('completes although the app was killed before it heard the answer', async () => {
      const { phone } = await appOf('anna')
      const killed = Promise.withResolvers<void>()
      const fetch = losingTheFirstAnswer(() => {
        killed.resolve()
        return new Promise(() => {})
      })
      void phone.openApp({ fetch }).link()
      await killed.promise
      expect(await phone.openApp().resume(null)).toMatchObject({ step: 'linked', status: { status: 'active' } })
    })
  })

  it.each([
    ['native.md', /"status":"active"/],
    ['web.md', /\?strava=linked$/],
  ])('the requests of docs/linking/%s work as printed', async (document, ending) => {
    const text = readFileSync(resolve(import.meta.dirname, '../docs/linking', document), 'utf8')
    const [, script = ''] = /```sh\n([\s\S]*?)```/.exec(text) ?? []
    const here = script
      .replace('http://localhost:3000', system.endpoints.gatewayUrl)
      .replace('http://localhost:4400', system.simulatorUrl)
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', here])
    expect(stdout.trim()).toMatch(ending)
  })
})
