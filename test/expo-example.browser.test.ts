import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { consentParagraphs, errorCatalogue, type Status } from '@slipstream/contracts'
import { freePort } from '@slipstream/embedded'
import { launchBrowser } from '@slipstream/testing'
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { hasBrowser } from './support/browser.ts'
import {
  type ExportedApp,
  exportExample,
  hasExample,
  serveApp,
  snippetErrors,
  typecheckExample,
} from './support/exported-app.ts'
import { outputDir, type RunningSystem, startSystem } from './support/system.ts'

const screenshotDir = join(outputDir, 'screenshots')

describe.skipIf(!hasExample() || !(await hasBrowser()))("the Expo example's web export", () => {
  let system: RunningSystem
  let browser: Browser
  let app: ExportedApp

  beforeAll(async () => {
    mkdirSync(screenshotDir, { recursive: true })
    const port = await freePort()
    const origin = `http://localhost:${port}`
    const settings = { APP_DEEP_LINK: `${origin}/oauth/strava`, CORS_ORIGINS: origin }
    ;[system, browser, app] = await Promise.all([
      startSystem('expo-example', settings),
      launchBrowser(),
      serveApp(port, exportExample()),
    ])
  }, 300_000)

  afterAll(async () => {
    await Promise.all([browser?.close(), app?.close()])
    await system?.stop()
  })

  const openPhone = async (options: BrowserContextOptions = {}): Promise<BrowserContext> => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, ...options })
    context.setDefaultTimeout(20_000)
    return context
  }

  const call = async <Body>(account: string, method: string, path: string): Promise<Body> => {
    const authorization = `Bearer ${await system.control.tokenFor(account)}`
    const answer = await fetch(`${system.endpoints.gatewayUrl}/api/v1${path}`, { method, headers: { authorization } })
    return (await answer.json()) as Body
  }
  const statusOf = (account: string) => call<Status>(account, 'GET', '/strava/status')
  const askForSync = (account: string) => call(account, 'POST', '/strava/sync')

  const screenshot = (page: Page, name: string) =>
    page.screenshot({ path: join(screenshotDir, `expo-${name}.png`), fullPage: true })

  const onboardUntilConnect = async (page: Page, account: string, name: string) => {
    await page.goto(app.origin)
    await page.getByTestId('gateway-url').fill(system.endpoints.gatewayUrl)
    await page.getByTestId('access-token').fill(await system.control.tokenFor(account))
    await screenshot(page, `${account}-sign-in`)
    await page.getByTestId('sign-in').click()
    await page.getByTestId('display-name').fill(name)
    await screenshot(page, `${account}-profile`)
    await page.getByTestId('submit-profile').click()
    await page.getByTestId('connect-strava-step').waitFor()
  }

  const connectButton = (page: Page) => page.getByRole('button', { name: 'Connect with Strava' })

  const leaveForStrava = async (page: Page) => {
    await connectButton(page).click()
    await page.getByTestId('consent-page').waitFor()
  }

  /** On the simulated Strava's page; the way back is the browser's own. */
  const consent = async (page: Page, account: string, decision: 'authorize' | 'cancel') => {
    const { stravaAthleteId } = await system.control.athlete(account)
    await page.getByTestId('athlete').selectOption(String(stravaAthleteId))
    await page.getByTestId(decision).click()
  }

  const untilLinked = (page: Page, name: string) =>
    page.getByTestId('strava-connection').getByText(`Connected as ${name}`).waitFor()

  it('is type-checked strictly', { timeout: 120_000 }, async () => {
    await typecheckExample()
  })

  it('has the packages with which the code in its document is type-checked', { timeout: 120_000 }, () => {
    expect(snippetErrors('docs/linking/react-native.md')).toEqual([])
  })

  it('links an athlete, who then sees how Strava is doing and the newest workouts', async () => {
    const phone = await openPhone()
    const page = await phone.newPage()
    await onboardUntilConnect(page, 'anna', 'Anna')
    const told = await page.getByTestId('consent-text').innerText()
    for (const part of consentParagraphs.flatMap(({ title, text }) => [title, ...text])) {
      expect(told).toContain(typeof part === 'string' ? part : part.label)
    }
    await screenshot(page, 'anna-connect')
    await leaveForStrava(page)
    await consent(page, 'anna', 'authorize')
    await untilLinked(page, 'Anna Ahorn')
    await page.getByTestId('strava-last-sync').getByText('Last sync just now').waitFor()
    await page.getByTestId('workout').first().waitFor()
    expect(page.url()).toBe(`${app.origin}/oauth/strava`)
    await screenshot(page, 'anna-summary')
    expect((await system.control.athlete('anna')).connected).toBe(true)

    await page.getByTestId('disconnect').click()
    await connectButton(page).waitFor()
    expect((await statusOf('anna')).status).toBe('not_linked')
    await phone.close()
  })

  it('says in the summary what is to be done, and does it', async () => {
    const phone = await openPhone()
    const page = await phone.newPage()
    await onboardUntilConnect(page, 'eva', 'Eva')
    await leaveForStrava(page)
    await consent(page, 'eva', 'authorize')
    const { name } = await system.control.athlete('eva')
    await untilLinked(page, name)
    await page.getByTestId('strava-last-sync').getByText('Last sync just now').waitFor()

    await system.control.setFaults({ behaviour: { webhooks: { enabled: false } } })
    await system.control.revoke('eva')
    await askForSync('eva')
    await vi.waitFor(async () => expect((await statusOf('eva')).status).toBe('reauth_required'))
    await page.reload()
    const alert = page.getByRole('alert')
    await alert.getByText(errorCatalogue.reauth_required.title).waitFor()
    await screenshot(page, 'eva-reauth')
    const connectAgain = page.getByRole('button', { name: 'Connect again' })
    await connectAgain.click()
    await page.getByTestId('consent-page').waitFor()
    await consent(page, 'eva', 'cancel')
    await alert.getByText(errorCatalogue.consent_denied.title).waitFor()
    await screenshot(page, 'eva-denied-again')
    expect(await connectButton(page).count()).toBe(0)
    await connectAgain.click()
    await page.getByTestId('consent-page').waitFor()
    await consent(page, 'eva', 'authorize')
    await untilLinked(page, name)
    expect(await alert.count()).toBe(0)
    await phone.close()
  })

  it('says that nothing was linked where the athlete says no at Strava, or comes back without a word', async () => {
    const phone = await openPhone({ colorScheme: 'dark' })
    const page = await phone.newPage()
    await onboardUntilConnect(page, 'ben', 'Ben')
    await leaveForStrava(page)
    await consent(page, 'ben', 'cancel')
    const { title, detail } = errorCatalogue.consent_denied
    await page.getByRole('alert').getByText(detail).waitFor()
    expect(await page.getByRole('alert').innerText()).toBe(`${title}\n${detail}`)
    await screenshot(page, 'ben-denied')

    await leaveForStrava(page)
    await page.goBack()
    await page.getByTestId('link-cancelled').waitFor()
    expect(await connectButton(page).isEnabled()).toBe(true)
    await screenshot(page, 'ben-cancelled')
    expect((await system.control.athlete('ben')).connected).toBe(false)

    await page.getByTestId('skip').click()
    await page.getByTestId('strava-connection').getByText('Not connected').waitFor()
    await leaveForStrava(page)
    await phone.close()
  })

  it('links although the app was closed while the athlete was at Strava', async () => {
    const phone = await openPhone()
    const page = await phone.newPage()
    await onboardUntilConnect(page, 'chris', 'Chris')
    await leaveForStrava(page)
    const stravaPage = await phone.newPage()
    await stravaPage.goto(page.url())
    await page.close()
    await consent(stravaPage, 'chris', 'authorize')
    await untilLinked(stravaPage, (await system.control.athlete('chris')).name)
    await phone.close()
  })

  it('links although the app was closed between consent and completion', async () => {
    const phone = await openPhone()
    const page = await phone.newPage()
    await onboardUntilConnect(page, 'dana', 'Dana')
    // The completion never leaves the phone.
    const asked = Promise.withResolvers<void>()
    await page.route('**/api/v1/strava/callback', async (route) => {
      await route.abort()
      asked.resolve()
    })
    await leaveForStrava(page)
    await consent(page, 'dana', 'authorize')
    await asked.promise
    await screenshot(page, 'dana-finishing')
    await page.close()
    expect((await statusOf('dana')).status).toBe('pending')

    const opened = await phone.newPage()
    await opened.goto(app.origin)
    await untilLinked(opened, (await system.control.athlete('dana')).name)
    expect((await statusOf('dana')).status).toBe('active')
    await phone.close()
  })
})
