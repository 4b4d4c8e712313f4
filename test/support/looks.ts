import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { AthletePage } from './athlete-page.ts'

/** What axe finds wrong on the page as it is: rules, each with where. */
export const barriersOn = async (page: Page): Promise<string[]> => {
  const { violations } = await new AxeBuilder({ page }).setLegacyMode().analyze()
  return violations.map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ target }) => target).join(', ')}`)
}

/** A state of the page as people meet it, light, dark and on a phone: with a picture of each, and nothing that keeps anybody out. */
export const lookAt = async (athlete: AthletePage, state: string): Promise<void> => {
  const { page } = athlete
  await athlete.screenshot(state)
  expect(await barriersOn(page), `${state}, light`).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  await athlete.screenshot(`${state}-dark`)
  expect(await barriersOn(page), `${state}, dark`).toEqual([])
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 375, height: 740 })
  await athlete.screenshot(`${state}-phone`)
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), `${state}, phone`).toBe(0)
  await page.setViewportSize({ width: 1100, height: 800 })
}
