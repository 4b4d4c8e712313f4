import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { AthletePage } from './athlete-page.ts'

/** What axe finds wrong on the page as it is, by these rules or by all: rules, each with where. */
export const barriersOn = async (page: Page, rules?: string[]): Promise<string[]> => {
  const axe = new AxeBuilder({ page }).setLegacyMode()
  const { violations } = await (rules ? axe.withRules(rules) : axe).analyze()
  return violations.map(({ id, help, nodes }) => `${id} (${help}): ${nodes.map(({ target }) => target).join(', ')}`)
}

/** A state of the page as people meet it, light, dark and on a phone: with a picture of each, and nothing that keeps anybody out. */
export const lookAt = async (athlete: AthletePage, state: string): Promise<void> => {
  const { page } = athlete
  await athlete.screenshot(state)
  expect(await barriersOn(page), `${state}, light`).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  await athlete.screenshot(`${state}-dark`)
  // Nothing but colours differs.
  expect(await barriersOn(page, ['color-contrast']), `${state}, dark`).toEqual([])
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 375, height: 740 })
  await athlete.screenshot(`${state}-phone`)
  expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth'), `${state}, phone`).toBe(0)
  await page.setViewportSize({ width: 1100, height: 800 })
}
