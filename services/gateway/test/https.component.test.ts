import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBrowser, locationOf } from './support/browser.ts'
import { type System, startSystem } from './support/system.ts'

let system: System

// The gateway listens on plain http behind what ends TLS; its public address decides.
beforeAll(async () => {
  system = await startSystem({
    env: {
      PUBLIC_URL: 'https://gateway.example/',
      WEB_RETURN_URL: 'https://app.example/start?lang=de',
      APP_DEEP_LINK: 'https://app.example/linked',
    },
  })
})
afterAll(() => system.stop())

test('cookies carry the __Host- prefix and Secure', async () => {
  const athlete = await system.signIn('anna')
  const asked = await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })
  const [cookie = ''] = asked.headers.getSetCookie()
  expect(cookie).toMatch(/^__Host-slipstream_link=[\w-]{43}; Max-Age=1800; Path=\/; HttpOnly; Secure; SameSite=Lax$/)
  const { connectUrl } = (await asked.json()) as { connectUrl: string }
  expect(connectUrl).toMatch(/^https:\/\/gateway\.example\/connect\?token=/)

  const browser = createBrowser()
  browser.jarOf(system.url).set('__Host-slipstream_link', /=([\w-]{43})/.exec(cookie)![1]!)
  const connect = await browser.visit(connectUrl.replace('https://gateway.example', system.url))
  expect(connect.headers.getSetCookie()[0]).toMatch(
    /^__Host-slipstream_oauth_txn=[\w-]{43}; Max-Age=1800; Path=\/; HttpOnly; Secure; SameSite=Lax$/,
  )
  expect(new URL(locationOf(connect)).searchParams.get('redirect_uri')).toBe('https://gateway.example/callback')
})

test('a cookie without the prefix, which another host of the domain could plant, is not read', async () => {
  const athlete = await system.signIn('anna')
  const asked = await athlete.call('POST', '/api/v1/strava/link-token', { platform: 'web' })
  const { connectUrl } = (await asked.json()) as { connectUrl: string }
  const browser = createBrowser()
  browser.jarOf(system.url).set('slipstream_link', /=([\w-]{43})/.exec(asked.headers.getSetCookie()[0]!)![1]!)
  const connect = await browser.visit(connectUrl.replace('https://gateway.example', system.url))
  expect(locationOf(connect)).toBe('https://app.example/start?lang=de&strava=error&code=link_token_invalid')
})

test('browsers are told to stay on https', async () => {
  const { headers } = await system.call(null, 'GET', '/config.json')
  expect(headers.get('strict-transport-security')).toBe('max-age=31536000; includeSubDomains')
})
