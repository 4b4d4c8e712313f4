import { globSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { launchBrowser } from '@slipstream/testing'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findDocuments, root, urlOf } from '../docs/site/documents.ts'
import { hasBrowser } from './support/browser.ts'
import { type RunningSystem, startSystem } from './support/system.ts'
import { until } from './support/until.ts'

describe.skipIf(!(await hasBrowser()))('the documents in a browser', () => {
  let system: RunningSystem
  let browser: Browser
  beforeAll(async () => {
    ;[system, browser] = await Promise.all([startSystem('docs-browser'), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await system?.stop()
  })

  /** A page whose browser has nothing to complain about, and asks nobody else for anything. */
  const open = async (path: string, options: Parameters<Browser['newPage']>[0] = {}) => {
    const page = await browser.newPage(options)
    const complaints: string[] = []
    page.on('console', (message) => message.type() === 'error' && complaints.push(message.text()))
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('request', (request) => {
      if (!request.url().startsWith(system.pageUrl)) complaints.push(`asks for ${request.url()}`)
    })
    await page.goto(new URL(path, system.pageUrl).href, { waitUntil: 'networkidle' })
    return { page, complaints }
  }

  it('are all served, and so is all that they lead to', async () => {
    const seen = new Set<string>()
    const dead: string[] = []
    const follow = async (path: string, from: string): Promise<void> => {
      if (seen.has(path)) return
      seen.add(path)
      const answer = await fetch(new URL(path, system.pageUrl))
      if (!answer.ok) dead.push(`${from} leads to ${path}: ${answer.status}`)
      if (!answer.headers.get('content-type')?.startsWith('text/html') || !path.startsWith('/docs/')) return
      const links = [...(await answer.text()).matchAll(/ (?:href|src|srcset)="(\/[^"#]*)/g)]
      for (const [, link = ''] of links) await follow(link, path)
    }
    await follow('/docs/', 'the start')
    expect(dead).toEqual([])
    expect(findDocuments().filter((document) => !seen.has(urlOf(document)))).toEqual([])
  })

  it('are found by words, with the keyboard', async () => {
    const { page, complaints } = await open('/docs/')
    await page.keyboard.press('/')
    await page.keyboard.type('strava_account_in_use')
    await page.locator('#found [role=option]').first().waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/docs\/reference\/(errors|http-api)\//)
    expect(complaints).toEqual([])
    await page.close()
  })

  it.each([
    ['light', 1280],
    ['dark', 390],
  ] as const)('show code, tables and diagrams in the %s scheme, %s px wide', async (colorScheme, width) => {
    const { page, complaints } = await open('/docs/concepts/', { colorScheme, viewport: { width, height: 800 } })
    const picture = page.locator('.diagram img').first()
    await picture.scrollIntoViewIfNeeded()
    await until(5_000, async () => {
      const { shown, pixels } = await picture.evaluate((image) => ({
        shown: (image as unknown as { currentSrc: string }).currentSrc,
        pixels: (image as unknown as { naturalWidth: number }).naturalWidth,
      }))
      expect(shown).toContain(`-${colorScheme}.svg`)
      expect(pixels).toBeGreaterThan(100)
    })
    const overflow = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
    expect(overflow).toBe(0)
    expect(complaints).toEqual([])
    await page.close()
  })

  it.each([
    '/docs/runbooks/webhook-ack-budget-burning/',
    '/docs/repository/libs/persistence/',
    '/docs/api/',
    '/errors',
  ])('and what belongs to them fit a phone: %s', async (path) => {
    const { page, complaints } = await open(path, { colorScheme: 'dark', viewport: { width: 390, height: 800 } })
    const { overflow, ground } = await page.evaluate<{ overflow: number; ground: string }>(`({
        overflow: document.documentElement.scrollWidth - document.documentElement.clientWidth,
        ground: getComputedStyle(document.body).backgroundColor,
      })`)
    expect(overflow).toBe(0)
    expect(ground).toBe('rgb(18, 25, 26)')
    expect(complaints).toEqual([])
    await page.close()
  })

  it('have diagrams that cut no word off', async () => {
    const page = await browser.newPage()
    const diagrams = globSync('docs/dist/diagrams/*-light.svg', { cwd: root })
    expect(diagrams).not.toEqual([])
    for (const diagram of diagrams) {
      await page.goto(pathToFileURL(join(root, diagram)).href)
      const outside = await page.evaluate(`[...document.querySelectorAll('text')]
        .filter((text) => {
          const { left, right } = text.getBoundingClientRect()
          const frame = document.documentElement.getBoundingClientRect()
          return left < frame.left || right > frame.right
        })
        .map((text) => text.textContent)`)
      expect(outside, diagram).toEqual([])
    }
    await page.close()
  })

  it('let the API be tried', async () => {
    const { page, complaints } = await open('/docs/api/')
    await page.locator('#operations-Connection-getStatus .opblock-summary-control').click()
    await page.getByText('Try it out').click()
    await page.getByText('Execute').click()
    await page.locator('.live-responses-table').waitFor()
    expect(complaints.filter((text) => !text.includes('401'))).toEqual([])
    await page.close()
  })
})
