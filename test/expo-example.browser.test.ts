import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { errorCatalogue } from '@slipstream/contracts'
import { freePort } from '@slipstream/embedded'
import { launchBrowser } from '@slipstream/testing'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hasBrowser } from './support/browser.ts'
import { type ExportedApp, exportExample, hasExample, serveApp, typecheckExample } from './support/exported-app.ts'
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

  const openPhone = async (): Promise<BrowserContext> => {
    const context = await browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 })
    context.setDefaultTimeout(20_000)
    return context
  }

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

  /** Goes to the simulated Strava and chooses there; the way back is the browser's own. */
  const consent = async (page: Page, account: string, decision: 'authorize' | 'cancel') => {
    await page.getByTestId('connect-strava').click()
    await page.getByTestId('consent-page').waitFor()
    const { stravaAthleteId } = await system.control.athlete(account)
    await page.getByTestId('athlete').selectOption(String(stravaAthleteId))
    await page.getByTestId(decision).click()
  }

  it('is type-checked strictly', { timeout: 120_000 }, async () => {
    await typecheckExample()
  })

  it('links an athlete, who then sees how Strava is doing and the newest workouts', async () => {
    const phone = await openPhone()
    const page = await phone.newPage()
    await onboardUntilConnect(page, 'anna', 'Anna')
    await screenshot(page, 'anna-connect')
    await consent(page, 'anna', 'authorize')
    await page.getByTestId('strava-link-status').waitFor()
    await page.getByTestId('strava-connection').getByText('Connected as Anna Ahorn').waitFor()
    await page.getByTestId('strava-last-sync').getByText('Last sync just now').waitFor()
    await page.getByTestId('workout').first().waitFor()
    expect(page.url()).toBe(`${app.origin}/oauth/strava`)
    await screenshot(page, 'anna-summary')
    expect((await system.control.athlete('anna')).connected).toBe(true)
    await phone.close()
  })

  it('says that nothing was linked where the athlete says no at Strava', async () => {
    const phone = await openPhone()
    const page = await phone.newPage()
    await onboardUntilConnect(page, 'ben', 'Ben')
    await consent(page, 'ben', 'cancel')
    await page.getByTestId('error-consent_denied').waitFor()
    expect(await page.getByTestId('error-consent_denied').innerText()).toContain(errorCatalogue.consent_denied.detail)
    await screenshot(page, 'ben-denied')
    await phone.close()
  })
})
