import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { launchBrowser } from '@slipstream/testing'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { createSimulator } from '../services/simulator/src/service.ts'
import { hasBrowser } from './support/browser.ts'

const simulator = createSimulator({ webOrigin: 'http://localhost:3999' })
const { control } = simulator

/** Takes the webhooks of a subscription, as an application does. */
const application = createServer((request, response) => {
  const challenge = new URL(request.url ?? '', 'http://application').searchParams.get('hub.challenge')
  request.resume().on('end', () => response.end(JSON.stringify({ 'hub.challenge': challenge })))
})

const subscribe = async () => {
  const callback = `http://127.0.0.1:${(application.address() as AddressInfo).port}/`
  const fields = { client_id: '12345', client_secret: 'simulator-secret', callback_url: callback, verify_token: 'any' }
  const body = new URLSearchParams(fields)
  expect((await fetch(`${simulator.url}/api/v3/push_subscriptions`, { method: 'POST', body })).status).toBe(201)
}

const anna = () => {
  const [athlete] = control.athletes()
  if (!athlete) throw new Error('there is no athlete')
  return athlete
}

describe.skipIf(!(await hasBrowser()))("the simulator's control page", () => {
  let browser: Browser
  let page: Page
  let complaints: string[]

  beforeAll(async () => {
    await Promise.all([simulator.start(), once(application.listen(0, '127.0.0.1'), 'listening')])
    browser = await launchBrowser()
  })
  afterAll(async () => {
    await browser?.close()
    await simulator.stop()
    application.close()
  })

  const open = async (options: BrowserContextOptions = {}) => {
    const context = await browser.newContext({ reducedMotion: 'reduce', ...options })
    page = await context.newPage()
    page.on('pageerror', (error) => complaints.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    await page.clock.install()
    await page.goto(`${simulator.url}/control`)
    await find('add-anna').waitFor()
  }
  const find = (testId: string) => page.getByTestId(testId)
  const press = (testId: string) => find(testId).click()
  const story = () => find('story').locator('li').allInnerTexts()

  beforeEach(() => {
    control.reset()
    complaints = []
  })
  afterEach(async () => {
    await page.context().close()
    expect(complaints).toEqual([])
  })

  it('plays a whole story, and says of each step what happened and how its webhook went', async () => {
    control.grant('anna')
    await subscribe()
    await open()
    await find('story-athlete').selectOption('anna')
    await press('story-all')
    await press('confirm-yes')
    for (let steps = 1; steps <= 4; steps += 1) {
      await vi.waitFor(async () => expect(await story()).toHaveLength(steps))
      if (steps < 4) expect(await find('story-edit').isDisabled()).toBe(true)
      await page.clock.fastForward(4000)
    }
    await vi.waitFor(async () =>
      expect((await story()).toReversed()).toEqual([
        expect.stringMatching(/anna: “.+” of three days ago is uploaded webhook delivered$/),
        expect.stringMatching(/anna: “.+” is now “.+, edited at .+” webhook delivered$/),
        expect.stringMatching(/anna: “.+, edited at .+” is deleted webhook delivered$/),
        expect.stringMatching(/anna: Anna Ahorn has revoked the application webhook delivered$/),
      ]),
    )
    expect(control.webhooks().map(({ event }) => `${event.object_type} ${event.aspect_type}`)).toEqual([
      'activity create',
      'activity update',
      'activity delete',
      'athlete update',
    ])
    expect(
      new Set(
        control
          .webhooks()
          .slice(0, 3)
          .map(({ event }) => event.object_id),
      ).size,
    ).toBe(1)
    expect(anna().connected).toBe(false)
    await vi.waitFor(async () => expect(await find('story-edit').isDisabled()).toBe(false))
  })

  it('plays single steps: about the newest activity where there was no late upload', async () => {
    await open()
    const [newest] = anna().latest
    await press('story-edit')
    await vi.waitFor(async () =>
      expect(await story()).toEqual([
        expect.stringMatching(new RegExp(`“${newest?.name}” is now “${newest?.name}, edited at .+” no webhook$`)),
      ]),
    )
    expect(anna().latest[0]).toMatchObject({ id: newest?.id, name: expect.stringContaining('edited at') })
  })

  it.each([
    ['delete', () => `delete-${anna().latest[0]?.id}`, () => anna().activityCount],
    ['revoke', () => 'revoke-anna', () => anna().connected],
    ['delete in a story', () => 'story-delete', () => anna().activityCount],
    ['revoke in a story', () => 'story-revoke', () => anna().connected],
    ['play a story', () => 'story-all', () => anna().activityCount],
  ])('asks before it does what cannot be undone, on the keyboard too: %s', async (_what, buttonOf, state) => {
    control.grant('anna')
    await open()
    const button = find(buttonOf())
    const before = state()
    for (const key of ['Escape', 'Enter']) {
      await button.focus()
      await page.keyboard.press('Enter')
      await find('confirm-no').waitFor()
      await page.keyboard.press(key)
      await find('confirm-no').waitFor({ state: 'hidden' })
      expect(await button.evaluate('document.activeElement.dataset.testid')).toBe(buttonOf())
      expect(state()).toBe(before)
    }
    await button.focus()
    await page.keyboard.press('Enter')
    await find('confirm-no').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await vi.waitFor(() => expect(state()).not.toBe(before))
  })

  it('hides an activity from the application, and sets it to Only You', async () => {
    control.grant('anna')
    await subscribe()
    await open()
    const [newest] = anna().latest
    await press(`invisible-${newest?.id}`)
    await vi.waitFor(() => expect(anna().latest[0]).toMatchObject({ invisible: true, visibility: 'everyone' }))
    await press(`invisible-${newest?.id}`)
    await vi.waitFor(() => expect(anna().latest[0]).toMatchObject({ invisible: false }))
    await press(`hide-${newest?.id}`)
    await vi.waitFor(() => expect(anna().latest[0]).toMatchObject({ invisible: false, visibility: 'only_me' }))
    expect(control.webhooks().map(({ event }) => event.aspect_type)).toEqual(['delete', 'create', 'update'])
  })

  it('switches faults on, for one athlete too, and all of them off with one button', async () => {
    await open()
    const usual = control.faults()
    await find('fault-athlete').selectOption('ben')
    await press('fault-1')
    await find('listed-by').selectOption('true_start')
    await find('rate-headers').selectOption('empty')
    for (const tick of ['doubled', 'lost', 'late', 'shuffled']) await find(`webhooks-${tick}`).check()
    await press('clock-quarter')
    await vi.waitFor(() => expect(control.clock().offsetMs).toBe(900_000))
    const webhooks = { doubled: 1, lost: 0.5, delayMs: 10_000, outOfOrder: 0.5 }
    expect(control.faults()).toMatchObject({
      rules: [{ athlete: 'ben', effect: { kind: 'app_inactive' } }],
      behaviour: { listedBy: 'true_start', rateHeaders: 'empty', webhooks },
    })
    await press('all-good')
    await find('remove-fault-0').waitFor({ state: 'detached' })
    expect(control.faults()).toEqual(usual)
    expect(control.clock().offsetMs).toBe(0)
    expect(await find('webhooks-lost').isChecked()).toBe(false)
  })

  it('shows what others have changed, by itself, and says what did not work', async () => {
    await open()
    const { id } = control.addActivity('anna', { name: 'Somebody else’s doing', startedHoursAgo: 0 })
    await page.clock.fastForward(3000)
    await find(`delete-${id}`).waitFor()
    control.deleteActivity(id)
    await press(`hide-${id}`)
    await vi.waitFor(async () => expect(await find('problem').innerText()).toBe(`there is no activity ${id}`))
    complaints.length = 0 // the browser's word about the refused call
  })

  it('leads to the page of each athlete', async () => {
    await open()
    expect(await find('page-ben').getAttribute('href')).toBe('http://localhost:3999/')
  })

  it('fits a phone, and is dark where everything is', async () => {
    control.grant('anna')
    await open({ viewport: { width: 360, height: 740 }, colorScheme: 'dark', hasTouch: true })
    const brightness = (what: 'color' | 'backgroundColor') =>
      page.evaluate<number>(`Math.max(...getComputedStyle(document.body).${what}.match(/\\d+/g).slice(0, 3))`)
    expect(await brightness('backgroundColor')).toBeLessThan(64)
    expect(await brightness('color')).toBeGreaterThan(192)
    const row = find(`delete-${anna().latest[0]?.id}`)
    await row.waitFor()
    expect(await find(`edit-${control.athletes()[1]?.latest[0]?.id}`).isVisible()).toBe(false)
    await press('activities-ben')
    await find(`edit-${control.athletes()[1]?.latest[0]?.id}`).waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
    await row.click()
    await find('confirm-no').waitFor()
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBe(0)
  })
})
