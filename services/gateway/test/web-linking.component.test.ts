import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { consent, createBrowser, locationOf } from './support/browser.ts'
import { anna, chris, forgetLinks, linkCount, linkOnWeb, walkToReturn } from './support/linking.ts'
import { linesWithStack, type System, startSystem } from './support/system.ts'

let system: System

beforeAll(async () => {
  system = await startSystem()
})
afterEach(() => forgetLinks(system))
afterAll(() => system.stop())

test('an athlete links Strava in the browser, step by step', async () => {
  const athlete = await system.signIn('anna')
  const browser = createBrowser()

  const asked = await browser.visit(`${system.url}/api/v1/strava/link-token`, {
    method: 'POST',
    headers: { authorization: `Bearer ${athlete.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ platform: 'web', returnTo: '/training' }),
  })
  expect(asked.status).toBe(201)
  expect(asked.headers.getSetCookie()[0]).toMatch(
    /^slipstream_link=[\w-]{43}; Max-Age=1800; Path=\/; HttpOnly; SameSite=Lax$/,
  )
  const { connectUrl, linkToken, expiresAt } = (await asked.json()) as Record<string, string>
  expect(linkToken).toMatch(/^[\w-]{43}$/)
  expect(connectUrl).toBe(`${system.url}/connect?token=${linkToken}`)
  expect(Date.parse(expiresAt!) - Date.now()).toBeGreaterThan(110_000)

  const connect = await browser.visit(connectUrl!)
  expect(connect.status).toBe(303)
  expect(connect.headers.get('referrer-policy')).toBe('no-referrer')
  const authorizeUrl = new URL(locationOf(connect))
  expect(authorizeUrl.pathname).toBe('/oauth/authorize')
  expect(authorizeUrl.searchParams.get('scope')).toBe('read,activity:read_all')
  expect(authorizeUrl.searchParams.get('redirect_uri')).toBe(`${system.url}/callback`)

  const landed = await browser.visit(await consent(browser, authorizeUrl.href, { athlete: anna }))
  expect(landed.status).toBe(303)
  expect(locationOf(landed)).toBe(`${system.url}/training?strava=linked`)

  expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({
    status: 'active',
    athlete: { stravaAthleteId: String(anna), displayName: 'Anna Ahorn' },
    scopes: ['read', 'activity:read_all'],
    error: null,
  })
  const link = await system.store.collections.links.findOne({ stravaAthleteId: String(anna) }).lean()
  expect((await system.store.collections.credentials.findById(link!._id).lean())!.status).toBe('active')
})

test('the link is told as athlete.linked', async () => {
  const bus = await system.bus()
  const events: unknown[] = []
  const listening = bus.listen('athlete.linked', '*', (data) => events.push(data))
  await linkOnWeb(system, await system.signIn('anna'), { athlete: anna })
  const link = await system.store.collections.links.findOne().lean()
  await vi.waitFor(() =>
    expect(events).toEqual([
      {
        athleteId: link!.athleteId,
        linkId: link!._id,
        stravaAthleteId: String(anna),
        scopes: ['read', 'activity:read_all'],
        linkedAt: link!.linkedAt.toISOString(),
      },
    ]),
  )
  listening.stop()
})

test('an id beyond 32 bits stays whole', async () => {
  await linkOnWeb(system, await system.signIn('chris'), { athlete: chris })
  expect(await system.store.collections.links.findOne({ stravaAthleteId: '3100000033' }).lean()).not.toBeNull()
})

test('linking the same account again keeps the link and heals a dead grant', async () => {
  const athlete = await system.signIn('anna')
  await linkOnWeb(system, athlete, { athlete: anna })
  const { links, credentials } = system.store.collections
  const before = await links.findOne().lean()
  const tokensBefore = await credentials.findById(before!._id).lean()
  await links.updateOne({}, { $set: { status: 'reauth_required', errorCode: 'reauth_required' } })

  expect(await linkOnWeb(system, athlete, { athlete: anna })).toContain('strava=linked')
  expect(await links.findOne().lean()).toMatchObject({ _id: before!._id, status: 'active', errorCode: null })
  const tokensAfter = await credentials.findById(before!._id).lean()
  expect(tokensAfter!.tokenVersion).toBeGreaterThan(tokensBefore!.tokenVersion)
  expect(await credentials.countDocuments()).toBe(1)
})

test('the same attempt ending twice at once makes one link', async () => {
  const athlete = await system.signIn('anna')
  const walks = await Promise.all(
    [1, 2, 3].map(() => walkToReturn(system, athlete, { athlete: anna }, createBrowser())),
  )
  const ends = await Promise.all(walks.map(async ({ browser, back }) => locationOf(await browser.visit(back))))
  expect(ends.filter((end) => end.includes('strava=linked')).length).toBeGreaterThan(0)
  expect(await linkCount(system)).toBe(1)
  expect(await system.store.collections.credentials.countDocuments()).toBe(1)
})

describe('what Strava says instead of yes', () => {
  test.each<[string, Parameters<typeof linkOnWeb>[2], string]>([
    ['the athlete cancels', { athlete: anna, decision: 'deny' }, 'consent_denied'],
    ['all boxes are unticked', { athlete: anna, scopes: [] }, 'scope_missing'],
    ['private activities are unticked', { athlete: anna, scopes: ['read'] }, 'scope_missing'],
  ])('%s', async (_what, answer, code) => {
    const athlete = await system.signIn('anna')
    expect(await linkOnWeb(system, athlete, answer)).toBe(`${system.url}/?strava=error&code=${code}`)
    expect(await linkCount(system)).toBe(0)
  })

  test.each([
    ['it is down', { kind: 'status', status: 503 }, 'strava_unavailable'],
    ['it cuts the line', { kind: 'cut' }, 'strava_unavailable'],
    ['it answers with a page of text', { kind: 'status', status: 502, body: 'html' }, 'strava_unavailable'],
    ['the app is switched off', { kind: 'app_inactive' }, 'app_inactive'],
    ['our secret is wrong', { kind: 'wrong_client_secret' }, 'app_misconfigured'],
    ['the quota is used up', { kind: 'status', status: 429 }, 'quota_exhausted'],
  ] as const)('%s', async (_what, effect, code) => {
    const athlete = await system.signIn('anna')
    system.strava.control.setFaults({ rules: [{ endpoint: 'token', effect }] })
    expect(await linkOnWeb(system, athlete, { athlete: anna })).toBe(`${system.url}/?strava=error&code=${code}`)
    expect(await linkCount(system)).toBe(0)
    expect(linesWithStack(system.logLines)).toEqual([])
    await system.store.collections.quota.deleteMany({})
  })

  test('an expected 502 is one line, with the code and what led to it, behind the one of the grant it may have left', async () => {
    const athlete = await system.signIn('anna')
    const effect = { kind: 'status', status: 502, body: 'html' } as const
    system.strava.control.setFaults({ rules: [{ endpoint: 'token', effect }] })
    const before = system.logLines.length
    await linkOnWeb(system, athlete, { athlete: anna })
    const lines = system.logLines.slice(before).map((line) => JSON.parse(line))
    expect(lines.filter(({ level }) => level === 'warn' || level === 'error')).toMatchObject([
      { msg: expect.stringContaining('may be left at Strava'), err: { code: 'strava_transient' } },
      {
        ...{ msg: 'linking failed', problem: 'strava_unavailable' },
        err: {
          ...{ name: 'RefusalError', code: 'strava_unavailable' },
          cause: expect.stringContaining('StravaError strava_transient: Strava call token failed'),
        },
      },
    ])
    await system.store.collections.quota.deleteMany({})
  })

  test('while the app is switched off the status names the operator', async () => {
    const athlete = await system.signIn('anna')
    await linkOnWeb(system, athlete, { athlete: anna })
    system.strava.control.setFaults({ rules: [{ endpoint: 'token', effect: { kind: 'app_inactive' } }] })
    await linkOnWeb(system, athlete, { athlete: anna })
    expect(await athlete.json('GET', '/api/v1/strava/status')).toMatchObject({
      status: 'active',
      error: { code: 'app_inactive', actor: 'operator' },
    })
    await system.store.collections.quota.deleteMany({})
  })
})
