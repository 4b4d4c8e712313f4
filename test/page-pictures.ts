import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { launchBrowser } from '@slipstream/testing'
import type { Page } from 'playwright-core'
import { startSystem } from './support/system.ts'

// Takes the pictures of docs/index.md from a running system, as a person meets it: npm run pictures

const picturesFolder = resolve(import.meta.dirname, '../docs/images')

/** The step of the five minutes that each picture shows, and how one gets there from the step before. */
const steps: readonly { picture: string; go(page: Page, pageUrl: string): Promise<unknown> }[] = [
  {
    picture: 'start-connect',
    go: async (page, pageUrl) => {
      await page.goto(pageUrl)
      await page.getByTestId('sign-in').click()
      await page.getByTestId('account-anna').click()
      await page.getByTestId('field-primarySport').selectOption('Run')
      await page.getByTestId('field-weeklyGoalHours').fill('6.5')
      await page.getByTestId('profile-submit').click()
      await page.getByTestId('connect').waitFor()
    },
  },
  {
    picture: 'start-consent',
    go: async (page) => {
      await page.getByTestId('connect').click()
      await page.getByTestId('consent-page').waitFor()
    },
  },
  {
    picture: 'start-linked',
    go: async (page) => {
      await page.getByTestId('authorize').click()
      await page.getByTestId('workout').first().waitFor()
      await page.getByTestId('last-sync').waitFor()
    },
  },
]

mkdirSync(picturesFolder, { recursive: true })
const [system, browser] = await Promise.all([startSystem('pictures'), launchBrowser()])
try {
  const context = await browser.newContext({
    viewport: { width: 1000, height: 720 },
    reducedMotion: 'reduce',
    locale: 'en-GB',
  })
  const page = await context.newPage()
  for (const { picture, go } of steps) {
    await go(page, system.pageUrl)
    await page.screenshot({ path: join(picturesFolder, `${picture}.png`) })
  }
} finally {
  await browser.close()
  await system.stop()
}
