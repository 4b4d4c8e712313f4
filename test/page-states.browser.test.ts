import { readFile } from 'node:fs/promises'
import { errorCatalogue, type Status } from '@slipstream/contracts'
import { connectStore, type Store } from '@slipstream/persistence'
import { launchBrowser } from '@slipstream/testing'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type AthletePage, openAthletePage } from './support/athlete-page.ts'
import { hasBrowser } from './support/browser.ts'
import { lookAt } from './support/looks.ts'
import { type RunningSystem, startSystem } from './support/system.ts'

// Each state of the page, against what the API says at that moment. One system for all, so the states follow each other.

const waiting = { timeout: 30_000, interval: 50 }

/** Whatever text was on the page since it was loaded, and how full the bar was. */
const keepWatch = `
  globalThis.seen = { texts: new Set(), bars: [] }
  const look = () => {
    if (document.body) seen.texts.add(document.body.innerText)
    const bar = document.querySelector('progress')
    if (bar) seen.bars.push(bar.position)
  }
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true })
`
interface Seen {
  texts: string[]
  bars: number[]
}
const seenOn = (page: Page) => page.evaluate('({ texts: [...seen.texts], bars: seen.bars })') as Promise<Seen>

const buttonImage = 'https://brand.example/connect@2x.svg'
const button = {
  contentType: 'image/svg+xml',
  body: '<svg xmlns="http://www.w3.org/2000/svg" width="386" height="96"><rect width="386" height="96" fill="#fc5200"/></svg>',
}
const brokenButton = { contentType: 'image/png', body: 'no image' }

describe.skipIf(!(await hasBrowser()))('the page says what the status says', () => {
  let system: RunningSystem
  let browser: Browser
  let store: Store<'ingestion'>
  let anna: AthletePage

  beforeAll(async () => {
    ;[system, browser] = await Promise.all([
      startSystem('page-states', { STRAVA_ATHLETE_LIMIT: '2', STRAVA_BUTTON_IMAGE: buttonImage }),
      launchBrowser(),
    ])
    store = await connectStore({ uri: system.endpoints.mongodbUri ?? '', owner: 'ingestion' })
    await system.control.setFaults({ behaviour: { webhooks: { enabled: false } } })
  })
  afterAll(async () => {
    await browser?.close()
    await store?.close()
    await system?.stop()
  })

  const statusOf = async (account: string): Promise<Status> => {
    const response = await fetch(`${system.pageUrl}api/v1/strava/status`, {
      headers: { authorization: `Bearer ${await system.control.tokenFor(account)}` },
    })
    return (await response.json()) as Status
  }

  /** What the page shows that the status says, too. */
  const shown = async ({ page }: AthletePage) => {
    const attribute = async (selector: string, name: string) => {
      const found = page.locator(selector)
      return (await found.count()) === 0 ? null : await found.getAttribute(name, { timeout: 1_000 })
    }
    return {
      status: await attribute('[data-testid=link-status]', 'data-status'),
      error: await attribute('main [data-testid=error]', 'data-code'),
      state: await attribute('[data-testid=progress]', 'data-state'),
      waitingFor: await attribute('[data-testid=progress]', 'data-waiting-for'),
      lastSync: await attribute('[data-testid=last-sync]', 'data-run-id'),
      offersLink: (await page.getByTestId('connect').count()) > 0,
    }
  }

  const said = ({ status, error, sync, lastSync }: Status) => {
    const isLinked = status !== 'not_linked' && status !== 'pending'
    return {
      status: isLinked ? status : null,
      error: error?.code ?? null,
      state: sync?.state ?? null,
      waitingFor: sync?.waitingFor ?? null,
      lastSync: lastSync?.runId ?? null,
      offersLink: !isLinked || status === 'reauth_required',
    }
  }

  /** Waits until the status is as wanted, and the page shows just that, before and after it was asked for. */
  const agrees = (athlete: AthletePage, account: string, wanted: (status: Status) => unknown, like: object = {}) =>
    vi.waitFor(async () => {
      const before = await shown(athlete)
      const status = await statusOf(account)
      expect(wanted(status), JSON.stringify(status)).toBeTruthy()
      expect(before).toEqual({ ...said(status), ...like })
      expect(await shown(athlete)).toEqual(before)
      return status
    }, waiting)

  const textOf = (athlete: AthletePage, testId: string) => athlete.find(testId).innerText()

  /** Forgets what stops calls, as if the time had passed, and lets those who wait go on. */
  const letGoOn = async () => {
    await system.control.allGoodAgain()
    await system.control.setFaults({ behaviour: { webhooks: { enabled: false } } })
    await system.control.setLimits({ overall: { quarterHour: 400 }, read: { quarterHour: 200 } })
    const { quota, allowances, syncRuns } = store.collections
    await Promise.all([quota.deleteMany({}), allowances.deleteMany({})])
    await syncRuns.updateMany({ state: 'waiting_for_quota' }, { $set: { resumeAt: new Date() } })
  }

  const signedIn = async (account: string, image = button): Promise<AthletePage> => {
    const athlete = await openAthletePage(browser, system, account)
    await athlete.page.context().route(buttonImage, (route) => route.fulfill(image))
    await athlete.page.addInitScript(keepWatch)
    await athlete.signIn()
    await athlete.submitProfile('Run', '')
    return athlete
  }

  it('not linked: connecting is offered, under a heading', async () => {
    anna = await signedIn('anna')
    await agrees(anna, 'anna', ({ status }) => status === 'not_linked')
    expect(await anna.page.locator('h1').allInnerTexts()).toEqual(['Your training'])
    expect(await textOf(anna, 'powered-by')).toBe('Powered by Strava')
    const connect = anna.page.getByRole('button', { name: 'Connect with Strava' })
    await vi.waitFor(async () => {
      expect(await connect.locator('img').boundingBox()).toMatchObject({ width: 193, height: 48 })
    }, waiting)
    expect(await connect.boundingBox()).toMatchObject({ width: 193, height: 48 })
    await lookAt(anna, 'not-linked')
    expect(anna.complaints).toEqual([])
  })

  it('starting: the run has not begun, and no false word was shown at the return', async () => {
    const ingestion = system.pidOf('ingestion')
    process.kill(ingestion, 'SIGSTOP')
    try {
      let isFirst = true
      await anna.page.route('**/api/v1/profile/summary', async (route) => {
        const isHeldBack = isFirst && new URL(anna.page.url()).pathname === '/'
        isFirst = false
        // Long enough to be seen.
        if (isHeldBack) await new Promise((resolve) => setTimeout(resolve, 500))
        await route.continue()
      })
      await anna.consent({ decision: 'authorize' })
      await agrees(anna, 'anna', ({ sync }) => sync?.state === 'queued')
      await anna.page.unroute('**/api/v1/profile/summary')
      expect(await textOf(anna, 'progress-text')).toBe('Starting')
      expect(await textOf(anna, 'workouts-empty')).toBe('The first ones appear in a moment.')
      expect(await textOf(anna, 'last-sync')).toBe('Not yet')
      const { texts } = await seenOn(anna.page)
      expect(texts.join('\n')).toContain('Loading…')
      for (const text of texts) expect(text).not.toMatch(/Connect your Strava|Not connected|No workouts|Sign in/)
      await lookAt(anna, 'starting')
    } finally {
      process.kill(ingestion, 'SIGCONT')
    }
    await agrees(anna, 'anna', ({ sync, completeUpTo }) => sync === null && completeUpTo)
    const { texts, bars } = await seenOn(anna.page)
    expect(texts.join('\n')).not.toContain('No workouts')
    expect(Math.max(...bars)).toBeLessThan(1)
  })

  it('in use: another athlete is told whose account it is, and nothing is linked', async () => {
    const ben = await signedIn('ben', brokenButton)
    // Words in the place of an image that does not load.
    await vi.waitFor(async () => expect(await textOf(ben, 'connect')).toBe('Connect with Strava'), waiting)
    await ben.consent({ decision: 'authorize', as: 'anna' })
    await agrees(ben, 'ben', ({ status }) => status === 'not_linked', { error: 'strava_account_in_use' })
    expect(await textOf(ben, 'error-title')).toBe(errorCatalogue.strava_account_in_use.title)
    await lookAt(ben, 'in-use')
    expect(ben.complaints).toEqual([])
    await ben.close()
  })

  it('importing: so many of about so many, a load so far, and onwards to the end', async () => {
    await letGoOn()
    await system.control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'hold' } }] })
    const busy = await signedIn('busy')
    await busy.consent({ decision: 'authorize' })
    await system.control.untilHeld(1)
    await agrees(busy, 'busy', ({ sync }) => sync?.state === 'running' && sync.listed === 0)
    expect(await textOf(busy, 'progress-text')).toBe('Asking Strava for your recent activities')
    await lookAt(busy, 'asking')
    await system.control.releaseHeld()
    await system.control.untilHeld(1)
    const { sync, completeUpTo } = await agrees(busy, 'busy', (status) => status.sync?.listed === 200)
    expect(completeUpTo).toBeNull()
    expect(sync).toMatchObject({ isEstimate: true, stored: 200 })
    // What Strava has in the window; the estimate goes by how far back 200 of them reach.
    expect(Math.abs((sync?.expected ?? 0) - 450)).toBeLessThan(90)
    expect(await textOf(busy, 'progress-text')).toMatch(
      new RegExp(`^200 of about ${sync?.expected} stored, about \\d+ s left$`),
    )
    await busy.find('load-so-far').waitFor()
    await lookAt(busy, 'importing')
    await system.control.setFaults({ rules: [] })
    await system.control.releaseHeld()
    await agrees(busy, 'busy', (status) => status.sync === null && status.completeUpTo)
    await busy.find('load-so-far').waitFor({ state: 'detached' })
    const { texts, bars } = await seenOn(busy.page)
    const sentences = texts.flatMap((text) => text.split('\n').filter((line) => /^(Starting|Asking|\d+ )/.test(line)))
    const begun = sentences.findIndex((line) => line !== 'Starting')
    expect(sentences.slice(begun)).not.toContain('Starting')
    expect(texts.join('\n')).not.toContain('No workouts')
    expect(Math.max(...bars)).toBeLessThan(1)
    expect(busy.complaints).toEqual([])
    await busy.close()
  })

  it('full: the next athlete is told that there is no place', async () => {
    const dana = await signedIn('dana')
    await dana.press('connect')
    await agrees(dana, 'dana', ({ status }) => status === 'not_linked', { error: 'app_full' })
    expect(await textOf(dana, 'error-title')).toBe(errorCatalogue.app_full.title)
    expect(await textOf(dana, 'error-way-out')).toMatch(/^Nothing was linked\. The operator .* again after that\.$/)
    await lookAt(dana, 'full')
    await dana.page.goto(`${system.pageUrl}?strava=error&code=strava_unavailable`)
    await dana.find('connect').waitFor()
    expect(await textOf(dana, 'error-way-out')).toBe(
      'Nothing was linked. Press Connect with Strava again in a few minutes.',
    )
    await dana.close()
  })

  /** Asks for a sync that comes to nothing, and gives what was the last good one. */
  const syncInVain = async () => {
    await anna.page.reload()
    await anna.find('sync-now').waitFor()
    const { lastSync } = await statusOf('anna')
    expect(lastSync).not.toBeNull()
    await anna.press('sync-now')
    return lastSync
  }

  const goesOn = async () => {
    await letGoOn()
    await agrees(anna, 'anna', ({ sync, error }) => sync === null && error === null)
    expect(await textOf(anna, 'link-status')).toBe('Connected')
  }

  it('waiting for quota: until when, and the last good sync stays in sight', async () => {
    await letGoOn()
    await system.control.setLimits({ read: { quarterHour: 0 } })
    const lastSync = await syncInVain()
    const status = await agrees(anna, 'anna', ({ sync }) => sync?.waitingFor === 'quota')
    expect(status).toMatchObject({ error: { code: 'quota_exhausted' }, lastSync: { runId: lastSync?.runId } })
    expect(await textOf(anna, 'progress-text')).toMatch(/^Strava allows more requests in about \d+ (s|min)$/)
    expect(await textOf(anna, 'link-status')).toBe('Connected')
    await anna.press('runs-summary')
    expect(await anna.find('run').first().innerText()).toMatch(
      /^\d\d:\d\d, by you, waits\n\d\d:\d\d to \d\d:\d\d: the share of requests that Strava allows was used up$/,
    )
    await lookAt(anna, 'waiting-for-quota')
    await goesOn()
  })

  it('Strava down: connected, paused, and tried again by itself', async () => {
    await system.control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'status', status: 502 } }] })
    const lastSync = await syncInVain()
    const status = await agrees(anna, 'anna', ({ sync }) => sync?.waitingFor === 'strava')
    expect(status).toMatchObject({ error: { code: 'strava_unavailable' }, lastSync: { runId: lastSync?.runId } })
    expect(await textOf(anna, 'progress-text')).toMatch(/^Strava does not answer, next try in about \d+ (s|min)$/)
    expect(await textOf(anna, 'link-status')).toBe('Connected, paused')
    await lookAt(anna, 'strava-down')
    await goesOn()
  })

  it('app inactive: connected, paused, and the operator has to act', async () => {
    await system.control.setFaults({ rules: [{ effect: { kind: 'app_inactive' } }] })
    const lastSync = await syncInVain()
    const status = await agrees(anna, 'anna', ({ sync }) => sync?.waitingFor === 'app')
    expect(status).toMatchObject({ error: { code: 'app_inactive' }, lastSync: { runId: lastSync?.runId } })
    expect(await textOf(anna, 'progress-text')).toBe('Waiting until Strava lets this app in again')
    expect(await textOf(anna, 'link-status')).toBe('Connected, paused')
    expect(await anna.page.getByText('The operator of this service has to act').count()).toBe(1)
    await lookAt(anna, 'app-inactive')
    await goesOn()
  })

  it('a workout without a name has a title', async () => {
    const { id } = await system.control.addActivity('anna', {
      sportType: 'TrailRun',
      distortion: { fields: { name: '' } },
    })
    await anna.press('sync-now')
    const row = anna.page.locator(`[data-strava-activity-id="${id}"]`)
    await row.waitFor()
    expect(await row.locator('.name').innerText()).toBe('Untitled trail run')
  })

  describe('in several tabs', () => {
    const refreshesOf = (page: Page) => {
      const refreshes: string[] = []
      page.context().on('request', (request) => {
        if (request.url().endsWith('/oidc/token') && request.postData()?.includes('grant_type=refresh_token')) {
          refreshes.push(request.postData() ?? '')
        }
      })
      return refreshes
    }

    it('all are signed in, and a run is shown in each', async () => {
      await anna.page.context().clock.install()
      await anna.page.reload()
      await anna.find('sync-now').waitFor()
      const second = anna.tab(await anna.page.context().newPage())
      await second.page.goto(system.pageUrl)
      await second.find('sync-now').waitFor()
      // Begins with a copy of what the first one has stored.
      const [third] = await Promise.all([anna.page.waitForEvent('popup'), anna.page.evaluate('void open("/")')])
      await third.getByTestId('sync-now').waitFor()
      const tabs = [anna, second, anna.tab(third)]
      await system.control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'hold' } }] })
      await anna.press('sync-now')
      await system.control.untilHeld(1)
      for (const tab of tabs) await agrees(tab, 'anna', ({ sync }) => sync?.state === 'running')
      await system.control.setFaults({ rules: [] })
      await system.control.releaseHeld()
      for (const tab of tabs) await agrees(tab, 'anna', ({ sync }) => sync === null)
    })

    it('the session is renewed in time, once for all of them, and again', async () => {
      const refreshes = refreshesOf(anna.page)
      const pages = anna.page.context().pages()
      expect(pages).toHaveLength(3)
      for (const times of [1, 2]) {
        await anna.page.context().clock.fastForward(59 * 60_000 + 30_000)
        await vi.waitFor(() => expect(refreshes.length).toBeGreaterThanOrEqual(times), waiting)
        const storedIn = (page: Page) =>
          page.evaluate(`Object.entries(sessionStorage).find(([key]) => key.startsWith('oidc.user:'))[1]`)
        await vi.waitFor(async () => {
          const stored = await Promise.all(pages.map(async (page) => JSON.parse(String(await storedIn(page)))))
          expect(new Set(stored.map(({ access_token: token }) => token)).size).toBe(1)
          expect(refreshes[times - 1]).not.toContain(stored[0].refresh_token)
        }, waiting)
        expect(refreshes).toHaveLength(times)
      }
      for (const page of pages) expect(await page.getByTestId('connected-as').count()).toBe(1)
    })

    it('an access token that the API refuses is renewed, and nobody notices', async () => {
      const refreshes = refreshesOf(anna.page)
      let refused = 0
      await anna.page.route('**/api/v1/profile/summary', async (route) => {
        refused += 1
        if (refused === 1) await route.fulfill({ status: 401, body: '' })
        else await route.continue()
      })
      await anna.page.reload()
      await anna.find('connected-as').waitFor()
      await anna.page.unroute('**/api/v1/profile/summary')
      expect(refreshes).toHaveLength(1)
      anna.complaints.length = 0
    })

    it('signing out in one signs out in all', async () => {
      const [, second, third] = anna.page.context().pages()
      const cookies = async () => (await anna.page.context().cookies(system.pageUrl)).map(({ name }) => name)
      expect(await cookies()).toEqual(expect.arrayContaining(['slipstream_link', 'slipstream_oauth_txn']))
      // Elsewhere, as at Strava, while that is told.
      await third?.goto('about:blank')
      await anna.press('sign-out')
      await second?.getByTestId('welcome').waitFor()
      expect(await cookies()).not.toEqual(expect.arrayContaining([expect.stringMatching(/^slipstream_/)]))
      expect(await second?.getByTestId('error').count()).toBe(0)
      await third?.goBack()
      await third?.getByTestId('welcome').waitFor()
      await second?.reload()
      await second?.getByTestId('welcome').waitFor()
      await anna.press('sign-out')
      await anna.find('welcome').waitFor()
      await Promise.all([second?.close(), third?.close()])
    })

    it('signing in in one signs in in the other', async () => {
      const other = anna.tab(await anna.page.context().newPage())
      await other.page.goto(system.pageUrl)
      await other.find('welcome').waitFor()
      await anna.signIn()
      await other.find('account-name').waitFor()
      await other.find('connected-as').waitFor()
      await other.page.close()
    })
  })

  it('access refused: says so, and how to connect again', async () => {
    await anna.find('sync-now').waitFor()
    await system.control.revoke('anna')
    await anna.press('sync-now')
    const { lastSync } = await agrees(anna, 'anna', ({ status }) => status === 'reauth_required')
    expect(lastSync).not.toBeNull()
    expect(await textOf(anna, 'link-status')).toBe('Access refused')
    await lookAt(anna, 'reauth')
    await anna.consent({ decision: 'authorize' })
    await agrees(anna, 'anna', ({ status, sync }) => status === 'active' && sync === null)
  })

  it('asked whether to disconnect, the focus is on keeping', async () => {
    await anna.press('disconnect')
    await anna.find('disconnect-confirm').waitFor()
    await lookAt(anna, 'confirm')
    await anna.page.keyboard.press('Enter')
    await anna.find('disconnect-confirm').waitFor({ state: 'detached' })
    await agrees(anna, 'anna', ({ status }) => status === 'active')
  })

  it('receipt: in words, after a reload too, and to take along', async () => {
    await system.control.setFaults({ rules: [{ endpoint: 'revoke', effect: { kind: 'status', status: 503 } }] })
    await anna.press('disconnect')
    await anna.press('disconnect-confirm')
    await anna.page.locator('[data-testid=receipt][data-state=open] [data-testid=receipt-deleted]').waitFor()
    expect(await textOf(anna, 'receipts')).not.toContain('is being deleted')
    expect(await textOf(anna, 'receipt-access')).toContain('still to be done')
    expect(await anna.find('receipt-access').getByRole('link').getAttribute('href')).toBe(
      'https://www.strava.com/settings/apps',
    )
    await lookAt(anna, 'receipt-open')
    await letGoOn()
    await vi.waitFor(async () => {
      await store.collections.accounts.updateMany({ owed: { $ne: null } }, { $set: { 'owed.nextTryAt': new Date() } })
      expect(await anna.page.locator('[data-testid=receipt][data-state=completed]').count()).toBe(1)
    }, waiting)
    await agrees(anna, 'anna', ({ status }) => status === 'not_linked')
    await anna.page.reload()
    await anna.page.locator('[data-testid=receipt][data-state=completed]').waitFor()
    const response = await fetch(`${system.pageUrl}api/v1/strava/receipts`, {
      headers: { authorization: `Bearer ${await system.control.tokenFor('anna')}` },
    })
    const { items } = (await response.json()) as { items: { receiptId: string; deleted: Record<string, number> }[] }
    expect(await textOf(anna, 'receipt-id')).toBe(items[0]?.receiptId)
    const words = await textOf(anna, 'receipt-deleted')
    expect(words).toMatch(
      new RegExp(`^${items[0]?.deleted.workouts} workouts, ${items[0]?.deleted.sync_runs} sync records, `),
    )
    expect(await textOf(anna, 'receipt-access')).toBe('Access was withdrawn at Strava.')
    const [file] = await Promise.all([anna.page.waitForEvent('download'), anna.press('receipt-download')])
    expect(file.suggestedFilename()).toBe(`receipt-${items[0]?.receiptId}.txt`)
    expect(await readFile(await file.path(), 'utf8')).toContain(`Deleted: ${words}`)
    await lookAt(anna, 'receipt')
    await anna.consent({ decision: 'authorize' })
    await anna.find('link-status').waitFor()
    const title = anna.find('receipt-title')
    await title.waitFor({ state: 'attached' })
    expect(await title.isVisible()).toBe(false)
    await anna.page.getByText(/^Earlier receipts/).click()
    expect(await title.innerText()).toMatch(/^You disconnected on /)
    expect(anna.complaints).toEqual([])
  })
})
