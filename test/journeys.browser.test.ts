import { readFile } from 'node:fs/promises'
import { launchBrowser } from '@slipstream/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type AthletePage, openAthletePage } from './support/athlete-page.ts'
import { hasBrowser } from './support/browser.ts'
import { barriersOn } from './support/looks.ts'
import { type RunningSystem, startSystem } from './support/system.ts'

// What holds for all of the page: keys alone, what goes over the wire, what moves by itself. One system for all.

const mostBytes = 150_000

interface Focused {
  testId: string | null
  /** How thick the line around it is, in pixels. */
  outline: number
}

const focusedOn = (page: Page) =>
  page.evaluate(`(() => {
    const focused = document.activeElement
    const { outlineStyle, outlineWidth } = getComputedStyle(focused)
    return {
      testId: focused.dataset.testid ?? null,
      outline: outlineStyle === 'none' ? 0 : Number.parseFloat(outlineWidth),
    }
  })()`) as Promise<Focused>

const longestWay = 60

/** Presses Tab until the control has the focus, and gives all that had it on the way; each shows that it has it. */
const tabTo = async (page: Page, testId: string, key = 'Tab'): Promise<(string | null)[]> => {
  const way: (string | null)[] = []
  while (way.at(-1) !== testId) {
    await page.keyboard.press(key)
    const focused = await focusedOn(page)
    way.push(focused.testId)
    expect(focused.outline, `the line around ${focused.testId}`).toBeGreaterThanOrEqual(2)
    expect(way.length, `${testId} is not reached: ${way}`).toBeLessThan(longestWay)
  }
  return way
}

const pressOn = async (page: Page, testId: string): Promise<void> => {
  await tabTo(page, testId)
  await page.keyboard.press('Enter')
}

const hasFocus = (page: Page, testId: string): Promise<void> =>
  vi.waitFor(async () => expect((await focusedOn(page)).testId).toBe(testId))

interface Wire {
  /** As the browser calls them: `document`, `script`, `fetch`… */
  kinds: string[]
  /** Heads and bodies as they came, compressed. */
  bytes: number
}

/** What the page asks for from now on, with an empty cache. */
const listenIn = async (page: Page): Promise<Wire> => {
  const wire: Wire = { kinds: [], bytes: 0 }
  page.on('request', (request) => wire.kinds.push(request.resourceType()))
  const session = await page.context().newCDPSession(page)
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    wire.bytes += encodedDataLength
  })
  await session.send('Network.enable')
  await session.send('Network.setCacheDisabled', { cacheDisabled: true })
  return wire
}

/** How much of the view has moved, and how far, without anybody's doing: https://web.dev/articles/cls. */
const watchShifts = `
  globalThis.shifts = []
  new PerformanceObserver((list) => {
    for (const { value, hadRecentInput, sources } of list.getEntries())
      if (!hadRecentInput) shifts.push({ value, what: sources.map(({ node }) => node?.outerHTML?.slice(0, 80)) })
  }).observe({ type: 'layout-shift', buffered: true })
`
const shiftsOn = (page: Page) => page.evaluate('shifts') as Promise<{ value: number; what: string[] }[]>

describe.skipIf(!(await hasBrowser()))('the page', () => {
  let system: RunningSystem
  let browser: Browser

  beforeAll(async () => {
    ;[system, browser] = await Promise.all([startSystem('journeys'), launchBrowser()])
  })
  afterAll(async () => {
    await browser?.close()
    await system?.stop()
  })

  it('can be used before anything but HTML, script and style is asked for, and that is little', async () => {
    const page = await browser.newPage()
    const wire = await listenIn(page)
    await page.goto(system.pageUrl)
    await page.getByTestId('sign-in').waitFor()
    expect(wire.kinds.toSorted()).toEqual(['document', 'script', 'stylesheet'])
    expect(wire.bytes).toBeGreaterThan(10_000)
    expect(wire.bytes).toBeLessThan(mostBytes)
    await page.close()
  })

  describe('with keys alone, on a phone in the dark', () => {
    let anna: AthletePage

    beforeAll(async () => {
      anna = await openAthletePage(browser, system, 'anna')
      await anna.page.setViewportSize({ width: 375, height: 740 })
      await anna.page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
      await anna.page.goto(system.pageUrl)
      await anna.find('sign-in').waitFor()
    })
    afterAll(async () => {
      await anna?.close()
    })

    it('an athlete signs in, fills in the profile and connects', async () => {
      const { page } = anna
      await pressOn(page, 'sign-in')
      await anna.find('sign-in-page').waitFor()
      await anna.screenshot('keys-sign-in')
      expect(await barriersOn(page)).toEqual([])
      await pressOn(page, 'account-anna')
      await anna.find('profile-form').waitFor()
      await tabTo(page, 'field-primarySport')
      await page.keyboard.type('Run')
      await pressOn(page, 'profile-submit')
      await anna.find('connect-card').waitFor()
      await pressOn(page, 'connect')
      await anna.find('consent-page').waitFor()
      await anna.screenshot('keys-consent')
      expect(await barriersOn(page)).toEqual([])
      await pressOn(page, 'authorize')
      await anna.find('last-counts').waitFor()
    })

    it('goes through it from top to bottom', async () => {
      const { page } = anna
      await page.reload()
      await anna.find('workout').first().waitFor()
      const way = await tabTo(page, 'profile-edit')
      const places = ['sign-out', 'sync-now', 'runs-summary', 'export', 'disconnect', 'profile-edit']
      expect(way.filter((testId) => testId !== null && places.includes(testId))).toEqual(places)
    })

    it('syncs, and reads what was done and by whom', async () => {
      const { page } = anna
      await page.reload()
      await anna.find('sync-now').waitFor()
      await pressOn(page, 'sync-now')
      await pressOn(page, 'runs-summary')
      const newest = anna.find('run').first()
      await vi.waitFor(async () =>
        expect(await newest.innerText()).toMatch(/^\d\d:\d\d, by you, \d calls?, nothing new$/),
      )
      expect(await anna.find('run').last().innerText()).toMatch(/, after connecting, \d calls?, \d+ new$/)
      expect(await anna.find('complete').innerText()).toMatch(/^Everything up to \d\d:\d\d is here$/)
      await anna.screenshot('keys-recent-syncs')
      expect(await barriersOn(page)).toEqual([])
    })

    it('takes everything along', async () => {
      const [file] = await Promise.all([anna.page.waitForEvent('download'), pressOn(anna.page, 'export')])
      expect(file.suggestedFilename()).toMatch(/^slipstream-export-\d{4}-\d\d-\d\d\.json$/)
      const { profile, workouts } = JSON.parse(await readFile(await file.path(), 'utf8'))
      expect(profile).toMatchObject({ displayName: 'Anna Ahorn', primarySport: 'Run' })
      expect(workouts.length).toBeGreaterThan(10)
    })

    it('changes the profile, and is where it was', async () => {
      const { page } = anna
      await pressOn(page, 'profile-edit')
      await hasFocus(page, 'field-displayName')
      await pressOn(page, 'profile-submit')
      await anna.find('profile-card').waitFor()
      await hasFocus(page, 'profile-edit')
    })

    it('disconnects after a second thought, and goes on from the receipt', async () => {
      const { page } = anna
      const workouts = await anna.find('workout').count()
      await tabTo(page, 'disconnect', 'Shift+Tab')
      await page.keyboard.press('Enter')
      await hasFocus(page, 'disconnect-cancel')
      expect(await anna.find('disconnect-text').innerText()).toMatch(/all (\d+ )?workouts that came from there/)
      expect(workouts).toBeGreaterThan(10)
      await anna.screenshot('keys-confirm')
      expect(await barriersOn(page)).toEqual([])
      // Nothing behind the dialog is reached; between its last control and its first comes the browser itself.
      const reached = new Set<string | null>()
      for (let presses = 0; presses < 6; presses += 1) {
        await page.keyboard.press('Tab')
        reached.add((await focusedOn(page)).testId)
      }
      expect(reached).toEqual(new Set(['disconnect-cancel', 'disconnect-confirm', null]))
      await page.keyboard.press('Escape')
      await anna.find('disconnect-confirm').waitFor({ state: 'detached' })
      await hasFocus(page, 'disconnect')
      await page.keyboard.press('Enter')
      await tabTo(page, 'disconnect-confirm', 'Shift+Tab')
      await page.keyboard.press('Enter')
      await anna.page.locator('[data-testid=receipt][data-state=completed]').waitFor()
      await vi.waitFor(async () => expect(await page.evaluate('document.activeElement.id')).toBe('receipts-title'))
      await tabTo(page, 'receipt-download')
      expect(anna.complaints).toEqual([])
    })
  })

  describe('of an athlete who is connected', () => {
    let ben: AthletePage

    beforeAll(async () => {
      ben = await openAthletePage(browser, system, 'ben')
      await ben.page.addInitScript(watchShifts)
      await ben.signIn()
      await ben.submitProfile('Ride', '6')
      await ben.consent({ decision: 'authorize' })
      await ben.find('last-counts').waitFor()
    })
    afterAll(async () => {
      await ben?.close()
    })

    it('asks for little, data and all', async () => {
      const wire = await listenIn(ben.page)
      await ben.page.reload()
      await ben.find('workout').first().waitFor()
      expect(new Set(wire.kinds)).toEqual(new Set(['document', 'script', 'stylesheet', 'fetch']))
      expect(wire.bytes).toBeLessThan(mostBytes)
    })

    it('moves nothing by itself: while it loads, and when a workout comes in', async () => {
      await ben.page.reload()
      await ben.find('workout').first().waitFor()
      const { id } = await system.control.addActivity('ben', { name: 'Evening loop' })
      await ben.page.locator(`[data-strava-activity-id="${id}"]`).waitFor()
      await ben.find('progress').waitFor({ state: 'detached' })
      const shifts = await shiftsOn(ben.page)
      expect(
        shifts.reduce((sum, { value }) => sum + value, 0),
        JSON.stringify(shifts),
      ).toBeLessThan(0.02)
    })

    it.each<[string, (page: Page) => Promise<unknown>]>([
      ['refused', (page) => page.route('**/strava/events', (route) => route.abort())],
      ['held back by a proxy', (page) => page.route('**/strava/events', () => {})],
    ])('shows what is new though the event stream is %s', async (_how, hinder) => {
      const { page } = ben
      await hinder(page)
      await page.clock.install()
      await page.reload()
      await ben.find('workout').first().waitFor()
      const { id } = await system.control.addActivity('ben', { name: 'Unseen by streams' })
      const row = page.locator(`[data-strava-activity-id="${id}"]`)
      // What the page waits for is in its own timers.
      await vi.waitFor(
        async () => {
          await page.clock.fastForward(10_000)
          expect(await row.count()).toBe(1)
        },
        { interval: 250 },
      )
      await ben.find('offline').waitFor()
      await ben.screenshot('without-stream')
      expect(await barriersOn(page)).toEqual([])
      await page.unroute('**/strava/events')
      ben.complaints.length = 0
    })
  })
})
