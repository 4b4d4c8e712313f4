import { consentParagraphs, errorCatalogue } from '@slipstream/contracts'
import { launchBrowser } from '@slipstream/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import type { SummaryActivity } from '../services/simulator/src/domain/activity.ts'
import { type AthletePage, openAthletePage } from './support/athlete-page.ts'
import { hasBrowser } from './support/browser.ts'
import { lookAt } from './support/looks.ts'
import { type RunningSystem, startSystem } from './support/system.ts'

const fourWeeksMs = 28 * 86_400_000

/** What the table has to say about an activity, worked out apart from the page's own formatting. */
const expectedRow = (activity: SummaryActivity) => {
  const minutes = Math.round(activity.moving_time / 60)
  return {
    stravaActivityId: String(activity.id),
    name: activity.name,
    distance: activity.distance > 0 ? `${(activity.distance / 1000).toFixed(1)} km` : '–',
    duration:
      minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')}`,
    elevation:
      activity.total_elevation_gain > 0 ? `${Math.round(activity.total_elevation_gain).toLocaleString('en')} m` : '–',
    heartRate: activity.average_heartrate === undefined ? '–' : `${Math.round(activity.average_heartrate)} bpm`,
    link: `https://www.strava.com/activities/${activity.id}`,
  }
}

const newestFirst = (left: SummaryActivity, right: SummaryActivity): number =>
  right.start_date.localeCompare(left.start_date) || right.id - left.id

/** Waits until the text is there, and gives it. */
const textOf = (athlete: AthletePage, testId: string, wanted: RegExp): Promise<string> =>
  vi.waitFor(
    async () => {
      const text = await athlete.find(testId).innerText()
      expect(text).toMatch(wanted)
      return text
    },
    { timeout: 20_000, interval: 20 },
  )

/** Waits for it while the page's clock runs ahead: what the page waits for is in its own timers. */
const inPageTime = (athlete: AthletePage, stepMs: number, testId: string): Promise<void> =>
  vi.waitFor(
    async () => {
      await athlete.page.clock.fastForward(stepMs)
      expect(await athlete.find(testId).count()).toBe(1)
    },
    { interval: 250 },
  )

describe.skipIf(!(await hasBrowser()))('linking Strava on the web page', () => {
  let system: RunningSystem
  let browser: Browser

  beforeAll(async () => {
    ;[system, browser] = await Promise.all([startSystem('link-browser'), launchBrowser()])
    await pushing(false)
  })

  /** Whether Strava tells of changes by itself; most people here find out by asking. */
  const pushing = (enabled: boolean) => system.control.setFaults({ behaviour: { webhooks: { enabled } } })

  afterAll(async () => {
    await browser?.close()
    await system?.stop()
  })

  describe('an athlete who agrees', () => {
    let anna: AthletePage
    let atStrava: SummaryActivity[]

    beforeAll(async () => {
      atStrava = await system.control.listActivities('anna', new Date(Date.now() - fourWeeksMs))
      anna = await openAthletePage(browser, system, 'anna')
    })

    afterAll(async () => {
      await anna?.close()
    })

    it('signs in and is asked for a profile first', async () => {
      await anna.page.goto(system.pageUrl)
      await anna.find('sign-in').waitFor()
      await lookAt(anna, 'signed-out')
      await anna.signIn()
      expect(await anna.find('account-name').innerText()).toBe('Anna Ahorn')
      expect(new URL(anna.page.url()).search).toBe('')
      await anna.find('profile-form').waitFor()
      expect(await anna.find('connect').count()).toBe(0)
    })

    it('is told at the field what is wrong with the profile', async () => {
      await anna.press('profile-submit')
      expect(await anna.find('field-error-primarySport').innerText()).toBe('Please choose a sport.')
      await anna.find('field-primarySport').selectOption('Run')
      await anna.find('field-weeklyGoalHours').fill('900')
      await anna.press('profile-submit')
      await textOf(anna, 'field-error-weeklyGoalHours', /168/)
      expect(await anna.find('field-weeklyGoalHours').getAttribute('aria-invalid')).toBe('true')
      await lookAt(anna, 'profile-error')
      // The refusal by the API shows up in the browser's console: that one is wanted.
      anna.complaints.length = 0
    })

    it('reads before consent what is used, and how to withdraw', async () => {
      await anna.submitProfile('Run', '6')
      const consent = await anna.find('consent-text').innerText()
      for (const part of consentParagraphs.flatMap(({ title, text }) => [title, ...text])) {
        expect(consent).toContain(typeof part === 'string' ? part : part.label)
      }
      expect(await anna.find('connect').innerText()).toBe('Connect with Strava')
      await anna.screenshot('connect')
    })

    it('comes back from Strava linked, and watches the workouts arrive', async () => {
      // Held to be watched.
      await system.control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'hold' } }] })
      await anna.consent({ decision: 'authorize' })
      expect(await anna.find('notice').getAttribute('data-kind')).toBe('linked')
      expect(anna.page.url()).toBe(system.pageUrl)
      await anna.find('progress').waitFor()
      await anna.screenshot('progress')
      await system.control.untilHeld(1)
      await system.control.setFaults({ rules: [] })
      await system.control.releaseHeld()
      await anna.find('workout').first().waitFor()
      await anna.find('last-counts').waitFor()
      expect(await anna.find('link-status').getAttribute('data-status')).toBe('active')
      expect(await anna.find('connected-as').innerText()).toBe('Anna Ahorn')
      expect(await anna.find('last-counts').innerText()).toContain(`${atStrava.length} activities checked`)
    })

    it('sees every activity of the last four weeks with the numbers Strava has', async () => {
      const rows = await anna.workouts()
      await anna.screenshot('workouts')
      const compared = rows.map(({ when: _when, sport: _sport, ...row }) => row)
      expect(compared).toEqual(atStrava.toSorted(newestFirst).map(expectedRow))
      expect(rows.length).toBeGreaterThan(10)
    })

    it('sees a training load', async () => {
      expect(Number(await anna.find('load-acute').innerText())).toBeGreaterThan(0)
      expect(await anna.find('load-ratio').innerText()).toMatch(/^\d\.\d\d$/)
      expect(await anna.find('load-word').innerText()).toMatch(/^(Steady|Building fast|Resting)$/i)
      expect(await anna.find('week-duration').innerText()).toMatch(/ of 6 h 00$/)
    })

    it('reads the chart day by day with the arrow keys, and finds the same in the table', async () => {
      await anna.find('load-chart').locator('canvas').waitFor()
      await anna.find('load-day').focus()
      await anna.page.keyboard.press('Home')
      for (const _ of Array.from({ length: 26 })) await anna.page.keyboard.press('ArrowRight')
      const values = await anna.find('load-day-values').innerText()
      const cells = await anna.find('load-table').locator('tbody tr').nth(1).locator('th, td').allTextContents()
      const [day = '', load = '', duration = '', mean = ''] = cells
      expect(values).toBe(
        `${day}: ${duration === '–' ? 'no training' : `load ${load} in ${duration}`}; 7-day mean ${mean}`,
      )
    })

    it('sees one sport alone, and all again', async () => {
      const sports = () => anna.page.locator('[data-cell=sport]').allTextContents()
      const all = await sports()
      await anna.find('sport-filter').selectOption('TrailRun')
      await vi.waitFor(async () => expect(new Set(await sports())).toEqual(new Set(['Trail run'])))
      expect(await anna.find('workout').count()).toBe(all.filter((sport) => sport === 'Trail run').length)
      await anna.find('sport-filter').selectOption('All sports')
      await vi.waitFor(async () => expect(await sports()).toEqual(all))
    })

    it('opens what more there is to say about a workout', async () => {
      await anna.find('workout-toggle').first().press('Enter')
      expect(await anna.find('workout-detail').innerText()).toContain('Highest heart rate')
      await anna.find('workout-toggle').first().press('Enter')
      expect(await anna.find('workout-detail').count()).toBe(0)
    })

    it('gets a new activity by pressing Sync now', async () => {
      const added = await system.control.addActivity('anna', { name: 'Evening strides', movingMinutes: 31 })
      await anna.press('sync-now')
      const row = anna.page.locator(`[data-strava-activity-id="${added.id}"]`)
      await row.waitFor()
      expect(await row.innerText()).toContain('Evening strides')
      expect(await row.innerText()).toContain('31 min')
      await textOf(anna, 'last-counts', /1 new/)
      await anna.screenshot('synced')
    })

    it('stays signed in over a reload, with the same page', async () => {
      await anna.page.reload()
      await anna.find('connected-as').waitFor()
      await anna.find('workout').first().waitFor()
    })

    it('can think again when asked to confirm a disconnect', async () => {
      await anna.press('disconnect')
      await anna.find('disconnect-confirm').waitFor()
      await anna.screenshot('confirm-disconnect')
      await anna.page.keyboard.press('Escape')
      await anna.find('disconnect-confirm').waitFor({ state: 'detached' })
      expect(await anna.find('link-status').getAttribute('data-status')).toBe('active')
    })

    it('disconnects and gets a receipt; Strava knows and nothing is left', async () => {
      await anna.press('disconnect')
      await anna.press('disconnect-confirm')
      await anna.page.locator('[data-testid=receipt][data-state=completed]').waitFor()
      await anna.screenshot('receipt')
      expect(await anna.find('receipt-deleted').innerText()).toContain(`${atStrava.length + 1} workouts`)
      expect(await anna.find('receipt-id').innerText()).not.toBe('')
      expect((await system.control.athlete('anna')).connected).toBe(false)
      expect(await anna.find('workout').count()).toBe(0)
      await anna.find('connect').waitFor()
    })

    it('connects again, and hears of an account that made way only where there is its receipt', async () => {
      const receiptId = await anna.find('receipt-id').innerText()
      await anna.consent({ decision: 'authorize' })
      const comeBackWith = async (receipt: string) => {
        await anna.page.goto(`${system.pageUrl}?strava=linked&receipt=${receipt}`)
        await anna.find('notice').waitFor()
        await anna.find('receipt-id').waitFor({ state: 'attached' })
      }
      await comeBackWith(receiptId)
      await anna.find('notice-replaced').waitFor()
      await comeBackWith('rcp_made_up')
      expect(await anna.find('notice-replaced').count()).toBe(0)
    })

    it('saw no script error and no breach of the content security policy', () => {
      expect(anna.complaints).toEqual([])
    })
  })

  describe('an athlete who changes their mind', () => {
    let ben: AthletePage

    beforeAll(async () => {
      ben = await openAthletePage(browser, system, 'ben')
      await ben.signIn()
      await ben.submitProfile('Ride', '')
    })

    afterAll(async () => {
      await ben?.close()
    })

    it('refuses, is told so, and nothing is linked', async () => {
      await ben.consent({ decision: 'cancel' })
      expect(await ben.find('notice').locator('[data-code]').getAttribute('data-code')).toBe('consent_denied')
      expect(await ben.find('error-title').innerText()).toBe(errorCatalogue.consent_denied.title)
      expect(ben.page.url()).toBe(system.pageUrl)
      await ben.find('connect-card').waitFor()
      await lookAt(ben, 'denied')
    })

    it('agrees after all', async () => {
      await ben.consent({ decision: 'authorize' })
      expect(await ben.find('notice').getAttribute('data-kind')).toBe('linked')
      await ben.find('last-counts').waitFor()
      await ben.find('workout').first().waitFor()
      await ben.screenshot('linked')
    })

    it('revokes at Strava, is asked to connect again, and does', async () => {
      await system.control.revoke('ben')
      await ben.press('sync-now')
      await ben.page.locator('[data-testid=link-status][data-status=reauth_required]').waitFor()
      expect(await ben.find('error').getAttribute('data-code')).toBe('reauth_required')
      expect(await ben.find('sync-now').count()).toBe(0)
      await ben.screenshot('reauth-required')

      await ben.consent({ decision: 'authorize' })
      await ben.page.locator('[data-testid=link-status][data-status=active]').waitFor()
      await ben.find('sync-now').waitFor()
      expect(ben.complaints).toEqual([])
    })
  })

  it('an athlete who presses nothing sees what changes at Strava, and that the link has ended there', async () => {
    await pushing(true)
    const eva = await openAthletePage(browser, system, 'eva')
    await eva.signIn()
    await eva.submitProfile('Run', '3')
    await eva.consent({ decision: 'authorize' })
    await eva.find('workout').first().waitFor()
    await eva.page.evaluate('document.isStillTheSame = true')
    const { id } = await system.control.addActivity('eva', { name: 'Slow loop' })
    const row = eva.page.locator(`[data-strava-activity-id="${id}"]`)
    await row.waitFor()
    await system.control.editActivity(id, { name: 'Slow loop, twice' })
    await vi.waitFor(async () => expect(await row.innerText()).toContain('Slow loop, twice'))
    await eva.screenshot('pushed')
    const hiddenAt = Date.now()
    await system.control.editActivity(id, { invisible: true })
    await row.waitFor({ state: 'detached' })
    await system.control.editActivity(id, { invisible: false })
    await row.waitFor()
    // Strava's webhooks tell seconds: the same twice within one is the same.
    await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(hiddenAt + 2_000))
    await system.control.deleteActivity(id)
    await row.waitFor({ state: 'detached' })
    await system.control.revoke('eva')
    await eva.find('connect').waitFor()
    expect(await eva.find('workout').count()).toBe(0)
    // All of it was told to the page; none was found by loading it anew.
    expect(await eva.page.evaluate('document.isStillTheSame')).toBe(true)
    await eva.screenshot('revoked-at-strava')
    expect(eva.complaints).toEqual([])
    await eva.close()
    await pushing(false)
  })

  it('an athlete who unticks a permission is told which one is needed, and nothing is linked', async () => {
    const chris = await openAthletePage(browser, system, 'chris')
    await chris.signIn()
    await chris.submitProfile('Triathlon', '9,5')
    await chris.consent({ decision: 'authorize', untick: 'activity:read_all' })
    expect(await chris.find('notice').locator('[data-code]').getAttribute('data-code')).toBe('scope_missing')
    expect(await chris.find('error-detail').innerText()).toBe(errorCatalogue.scope_missing.detail)
    await chris.find('connect').waitFor()
    await lookAt(chris, 'scope-missing')
    expect((await system.control.athlete('chris')).connected).toBe(false)
    expect(chris.complaints).toEqual([])
    await chris.close()
  })

  it('works on a narrow screen and with the keyboard alone', async () => {
    const dana = await openAthletePage(browser, system, 'dana')
    await dana.page.setViewportSize({ width: 360, height: 740 })
    await dana.page.goto(system.pageUrl)
    await dana.find('sign-in').focus()
    await dana.page.keyboard.press('Enter')
    await dana.press('account-dana')
    await dana.find('profile-form').waitFor()
    await dana.find('field-primarySport').focus()
    await dana.page.keyboard.type('Run')
    await dana.page.keyboard.press('Tab')
    await dana.page.keyboard.press('Enter')
    await dana.find('connect').waitFor()
    await dana.screenshot('narrow-connect')
    await dana.consent({ decision: 'authorize' })
    await dana.find('workout').first().waitFor()
    await dana.find('last-counts').waitFor()
    await dana.screenshot('narrow-linked')
    const overflow = await dana.page.evaluate('document.documentElement.scrollWidth - innerWidth')
    expect(overflow).toBe(0)
    expect(dana.complaints).toEqual([])
    await dana.close()
  })

  it('at a plain http address of another name the page says what is missing', async () => {
    const page = await browser.newPage()
    // As from another machine of the network, for which this one's localhost is no secure address.
    await page.route('http://thinkpad.lan/**', async (route) => {
      const { pathname } = new URL(route.request().url())
      await route.fulfill({ response: await route.fetch({ url: new URL(pathname, system.pageUrl).href }) })
    })
    await page.goto('http://thinkpad.lan/')
    const error = page.getByTestId('error')
    expect(await error.getAttribute('data-code')).toBe('app_misconfigured')
    expect(await error.innerText()).toContain('set PUBLIC_URL')
    expect(await error.getByRole('link').getAttribute('href')).toBe(system.endpoints.gatewayUrl)
    await page.close()
  })

  it("the simulator's control page leads here", async () => {
    const page = await browser.newPage()
    await page.goto(`${system.simulatorUrl}/control`)
    const [opened] = await Promise.all([page.waitForEvent('popup'), page.getByTestId('page-anna').click()])
    await opened.getByTestId('sign-in').waitFor()
    expect(opened.url()).toBe(system.pageUrl)
    await Promise.all([page.close(), opened.close()])
  })

  it('a session the API no longer accepts ends with a way to sign in again', async () => {
    const busy = await openAthletePage(browser, system, 'busy')
    await busy.signIn()
    await busy.find('profile-form').waitFor()
    await busy.page.route('**/api/v1/**', (route) => route.fulfill({ status: 401, body: '' }))
    await busy.page.reload()
    await busy.find('welcome').waitFor()
    expect(await busy.find('error').getAttribute('data-code')).toBe('unauthorized')
    await busy.find('sign-in').waitFor()
    await busy.screenshot('session-ended')
    await busy.close()
  })

  it('a page whose first question was not answered asks again by itself', async () => {
    const busy = await openAthletePage(browser, system, 'busy')
    await busy.signIn()
    await busy.page.clock.install()
    const unanswered = { times: 2 }
    await busy.page.route('**/api/v1/profile/summary', (route) => route.fulfill({ status: 503, body: '' }), unanswered)
    await busy.page.reload()
    await busy.find('error').waitFor()
    expect(await busy.find('error-way-out').innerText()).toContain('passes by itself')
    await inPageTime(busy, 5_000, 'profile-form')
    expect(await busy.find('error').count()).toBe(0)
    await busy.close()
  })

  it('signing out ends the session here though the issuer does not answer', async () => {
    const busy = await openAthletePage(browser, system, 'busy')
    await busy.signIn()
    await busy.page.clock.install()
    await busy.page.reload()
    await busy.find('profile-form').waitFor()
    await busy.page.route(`${system.simulatorUrl}/**`, () => {})
    await busy.press('sign-out')
    await inPageTime(busy, 10_000, 'welcome')
    expect(await busy.page.evaluate("Object.keys(sessionStorage).some((key) => key.startsWith('oidc.user'))")).toBe(
      false,
    )
    await busy.close()
  })

  it('signing out ends the session here and at the issuer', async () => {
    const busy = await openAthletePage(browser, system, 'busy')
    await busy.signIn()
    await busy.press('sign-out')
    await busy.press('sign-out')
    await busy.find('welcome').waitFor()
    await busy.press('sign-in')
    await busy.find('account-anna').waitFor()
    await busy.close()
  })
})
