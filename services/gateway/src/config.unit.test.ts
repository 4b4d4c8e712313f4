import { inspect } from 'node:util'
import { expect, test } from 'vitest'
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
    http: { port: 3000, publicUrl: undefined, drainMs: 5_000 },
    auth: { issuer: 'https://tenant.example/' },
    strava: { oauthBaseUrl: 'https://www.strava.com', athleteLimit: null },
    linking: { profileGate: 'local', appDeepLink: 'coachai://oauth/strava' },
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
