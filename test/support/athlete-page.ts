import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { expect, vi } from 'vitest'
import { outputDir, type RunningSystem } from './system.ts'

const screenshotDir = join(outputDir, 'screenshots')

/** What one row of the workouts table says, as text. */
interface WorkoutRow {
  stravaActivityId: string
  when: string
  name: string
  sport: string
  distance: string
  duration: string
  elevation: string
  heartRate: string
  link: string
}

/** A person at the web page, in a browser session of their own. */
export interface AthletePage {
  page: Page
  /** What the browser complained about, content security policy included; a good page leaves it empty. */
  complaints: string[]
  find(testId: string): Locator
  press(testId: string): Promise<void>
  screenshot(step: string): Promise<void>
  signIn(): Promise<void>
  submitProfile(primarySport: string, weeklyGoalHours: string): Promise<void>
  /** Leaves for the consent page, chooses there, and waits for the return. `as`: whose Strava account; their own otherwise. */
  consent(choice: { decision: 'authorize' | 'cancel'; untick?: string; as?: string }): Promise<void>
  /** All rows, after loading every page of them. */
  workouts(): Promise<WorkoutRow[]>
  /** Another tab of the same browser session. */
  tab(page: Page): AthletePage
  close(): Promise<void>
}

/** Column by column: each is there once in every row. */
const readRows = async (rows: Locator): Promise<WorkoutRow[]> => {
  const column = (selector: string) => rows.locator(selector).allTextContents()
  const columns = {
    when: await column('time'),
    name: await column('.name'),
    sport: await column('[data-cell=sport]'),
    distance: await column('[data-cell=distance]'),
    duration: await column('[data-cell=duration]'),
    elevation: await column('[data-cell=elevation]'),
    heartRate: await column('[data-cell=heart-rate]'),
  }
  const all = await rows.all()
  return Promise.all(
    all.map(async (row, index) => ({
      stravaActivityId: (await row.getAttribute('data-strava-activity-id')) ?? '',
      link: (await row.locator('a').getAttribute('href')) ?? '',
      when: columns.when[index] ?? '',
      name: columns.name[index] ?? '',
      sport: columns.sport[index] ?? '',
      distance: columns.distance[index] ?? '',
      duration: columns.duration[index] ?? '',
      elevation: columns.elevation[index] ?? '',
      heartRate: columns.heartRate[index] ?? '',
    })),
  )
}

const athletePageOf = (page: Page, system: RunningSystem, account: string): AthletePage => {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  let shots = 0

  const find = (testId: string): Locator => page.getByTestId(testId)
  const press = (testId: string): Promise<void> => find(testId).click()

  return {
    page,
    complaints,
    find,
    press,
    async screenshot(step) {
      shots += 1
      const name = `${account}-${String(shots).padStart(2, '0')}-${step}.png`
      await page.screenshot({ path: join(screenshotDir, name), fullPage: true })
    },
    async signIn() {
      await page.goto(system.pageUrl)
      await press('sign-in')
      await press(`account-${account}`)
      await find('account-name').waitFor()
    },
    async submitProfile(primarySport, weeklyGoalHours) {
      await find('field-primarySport').selectOption(primarySport)
      await find('field-weeklyGoalHours').fill(weeklyGoalHours)
      await press('profile-submit')
      await find('connect-card').waitFor()
    },
    async consent({ decision, untick, as = account }) {
      await press('connect')
      await find('consent-page').waitFor()
      const { stravaAthleteId } = await system.control.athlete(as)
      await find('athlete').selectOption(String(stravaAthleteId))
      if (untick !== undefined) await find(`scope-${untick}`).uncheck()
      await press(decision)
      await find('notice').waitFor()
    },
    async workouts() {
      const more = find('load-more')
      while ((await more.count()) > 0) {
        const shown = await find('workout').count()
        await more.click()
        await vi.waitFor(async () => expect(await find('workout').count()).toBeGreaterThan(shown))
      }
      return readRows(find('workout'))
    },
    tab: (other) => athletePageOf(other, system, account),
    close: () => page.context().close(),
  }
}

/** `account` names both who signs in and whose simulated Strava account is linked. */
export const openAthletePage = async (
  browser: Browser,
  system: RunningSystem,
  account: string,
): Promise<AthletePage> => {
  mkdirSync(screenshotDir, { recursive: true })
  const context = await browser.newContext({
    viewport: { width: 1100, height: 800 },
    reducedMotion: 'reduce',
    // Without one, Chromium takes that of a bare machine, `en-US@posix`, which no library of the page can read.
    locale: 'en-GB',
  })
  context.setDefaultTimeout(20_000)
  return athletePageOf(await context.newPage(), system, account)
}
