import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { gatewayConfig } from './config.ts'

const required = {
  MONGODB_URI: 'mongodb://localhost/slipstream',
  NATS_URL: 'nats://localhost:4222',
  AUTH_ISSUER_URL: 'https://tenant.example/',
  AUTH_AUDIENCE: 'slipstream-api',
  STRAVA_CLIENT_ID: '12345',
  STRAVA_CLIENT_SECRET: 'canary-secret',
  TOKEN_KEYS: `k1:${Buffer.alloc(32, 'canary').toString('base64')}`,
}

test('what is required is enough; the issuer keeps its slash', () => {
  const config = gatewayConfig(required)
  expect(config).toMatchObject({
    opsPort: 9101,
    opsHost: '127.0.0.1',
    http: { port: 3000, publicUrl: undefined, drainMs: 5_000, rateLimitScale: 1 },
    auth: { issuer: 'https://tenant.example/' },
    strava: { oauthBaseUrl: 'https://www.strava.com', athleteLimit: null },
    linking: { profileGate: 'local', appDeepLink: 'coachai://oauth/strava', buttonImage: null },
    webhooks: { signature: 'observe', replacesForeign: false },
  })
  expect(inspect(config, { depth: 9 })).not.toContain('canary')
  expect(() => Object.assign(config.http, { port: 1 })).toThrow(TypeError)
})

test('all problems are listed at once, without a value', () => {
  const bad = {
    ...required,
    MONGODB_URI: undefined,
    NATS_URL: 'http://x',
    AUTH_ISSUER_URL: 'tenant',
    PUBLIC_URL: 'https://train.example/base',
    TOKEN_KEYS: 'k1:canary-key',
    STRAVA_ATHLETE_LIMIT: '0',
    STRAVA_BUTTON_IMAGE: 'http://cdn.example/canary.png',
    RATE_LIMIT_SCALE: '0',
    PROFILE_GATE: 'maybe',
    STRAVA_WEBHOOK_REPLACE_SUBSCRIPTION: 'maybe',
    APP_DEEP_LINK: 'javascript:alert(1)',
    PORT: 'canary-port',
  }
  const names = Object.keys(bad).filter(
    (name) => !(name in required) || bad[name as 'PORT'] !== required[name as 'NATS_URL'],
  )
  expect(() => gatewayConfig(bad)).toThrow(
    expect.objectContaining({
      problems: expect.arrayContaining(names.map((name) => expect.stringMatching(new RegExp(`^${name}: `)))),
      message: expect.not.stringContaining('canary'),
    }),
  )
})

test.each([
  'javascript:alert(1)',
  '\u0001javascript:alert(1)',
  'JavaScript:x',
  'about:blank',
  'view-source:https://x.example',
  'http://app.example/linked',
  'http://localhost.example/linked',
])('the deep link is none that a browser would open itself: %j', (link) => {
  expect(() => gatewayConfig({ ...required, APP_DEEP_LINK: link })).toThrow(/APP_DEEP_LINK: must be/)
})

test.each(['https://app.example/linked', 'coachai://oauth/strava', 'http://localhost:8081/oauth/strava'])(
  'the deep link may be %s',
  (link) => {
    expect(gatewayConfig({ ...required, APP_DEEP_LINK: link }).linking.appDeepLink).toBe(link)
  },
)

test('files of NATS are read at the start, and what is not one is told', () => {
  const folder = mkdtempSync(join(tmpdir(), 'slipstream-gateway-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const fileWith = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  const creds = '-----BEGIN NATS USER JWT-----\nx\n-----BEGIN USER NKEY SEED-----\ncanary\n'
  const ca = '-----BEGIN CERTIFICATE-----\nx\n'
  const files = { NATS_CREDS_FILE: fileWith('creds', creds), NATS_CA_FILE: fileWith('ca.pem', ca) }
  const config = gatewayConfig({ ...required, ...files, NATS_STREAM_REPLICAS: '3' })
  expect(config.natsAccess.creds?.reveal()).toBe(creds)
  expect(config).toMatchObject({ natsAccess: { ca }, natsStreamReplicas: 3 })
  expect(inspect(config, { depth: 9 })).not.toContain('canary')

  const absent = join(folder, 'absent')
  expect(() =>
    gatewayConfig({
      ...required,
      NATS_CREDS_FILE: absent,
      NATS_CA_FILE: files.NATS_CREDS_FILE,
      NATS_STREAM_REPLICAS: '0',
    }),
  ).toThrow(
    expect.objectContaining({
      problems: [
        `NATS_CREDS_FILE: cannot read ${absent} (ENOENT)`,
        'NATS_CA_FILE: must name a file with certificates in PEM',
        'NATS_STREAM_REPLICAS: must be a whole number from 1 to 5',
      ],
    }),
  )
})

test('proxies and origins of others are none unless they are set', () => {
  expect(gatewayConfig(required).http).toMatchObject({ trustedProxyHops: 0, corsOrigins: [] })
  const set = gatewayConfig({
    ...required,
    TRUSTED_PROXY_HOPS: '2',
    CORS_ORIGINS: 'https://a.example, http://localhost:5173',
  })
  expect(set.http).toMatchObject({ trustedProxyHops: 2, corsOrigins: ['https://a.example', 'http://localhost:5173'] })
})

test.each(['*', 'null', 'https://a.example/', 'https://a.example,', 'a.example', 'https://*.example'])(
  'CORS_ORIGINS=%s is refused',
  (value) => {
    expect(() => gatewayConfig({ ...required, CORS_ORIGINS: value })).toThrow('CORS_ORIGINS: must be origins such as')
  },
)

test.each(['https://cdn.example/strava/button@2x.png?v=2', '/brand/connect.svg'])('%s may be the button', (image) => {
  expect(gatewayConfig({ ...required, STRAVA_BUTTON_IMAGE: image }).linking.buttonImage).toBe(image)
})

test.each([
  '//cdn.example/a.png',
  '/\\cdn.example/a.png',
  'data:image/png;base64,AA',
  'https://a:b@cdn.example/a.png',
  'https://',
  'brand.svg',
  '/\t/cdn.example/a.png',
  'https://*/a.png',
  'https://cdn.example;script-src/a.png',
])('%s may not be the button', (image) => {
  expect(() => gatewayConfig({ ...required, STRAVA_BUTTON_IMAGE: image })).toThrow(/^.*STRAVA_BUTTON_IMAGE: must be /s)
})

const urlSettings = ['AUTH_ISSUER_URL', 'PUBLIC_URL', 'WEB_RETURN_URL', 'STRAVA_OAUTH_BASE_URL', 'STRAVA_API_BASE_URL']

test.each(urlSettings)('%s names one host, which may stand in a header', (name) => {
  for (const url of ['https://a;b', 'https://*', 'https://*.example', "https://'self'", 'https://a,b']) {
    const problems = [`${name}: must name a host`]
    expect(() => gatewayConfig({ ...required, [name]: url })).toThrow(expect.objectContaining({ problems }))
  }
  for (const url of ['https://[::1]:8443', 'https://my_host.example', 'https://münchen.example']) {
    expect(() => gatewayConfig({ ...required, [name]: new URL(url).origin })).not.toThrow()
  }
})

test.each(urlSettings)('%s holds no password: browsers are told some of them, and lines name them', (name) => {
  const problems = [`${name}: must have no user name or password`]
  for (const url of ['https://someone:canary@tenant.example', 'https://canary@tenant.example']) {
    expect(() => gatewayConfig({ ...required, [name]: url })).toThrow(
      expect.objectContaining({ problems, message: expect.not.stringContaining('canary') }),
    )
  }
})
