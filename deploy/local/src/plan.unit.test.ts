import { expect, test } from 'vitest'
import { missingSettings, planSystem } from './plan.ts'

const ports = {
  gateway: { port: 3000, opsPort: 9101 },
  scheduler: { opsPort: 9102 },
  ingestion: { opsPort: 9103 },
  simulator: { port: 4400, opsPort: 9104 },
}
const secrets = {
  TOKEN_KEYS: 'dev1:a2V5',
  STRAVA_CLIENT_SECRET: 'made up',
  STRAVA_WEBHOOK_VERIFY_TOKEN: 'verify',
  STRAVA_WEBHOOK_PATH_SECRET: 'path',
}
const plan = (env: Record<string, string>) => planSystem({ env, ports, secrets, dataDir: '/data' })

test('without settings the simulator is Strava and the issuer', () => {
  const { gatewayUrl, simulatorUrl, settings } = plan({})
  expect({ gatewayUrl, simulatorUrl }).toEqual({
    gatewayUrl: 'http://localhost:3000',
    simulatorUrl: 'http://localhost:4400',
  })
  expect(settings).toMatchObject({
    PUBLIC_URL: 'http://localhost:3000',
    WEB_ORIGIN: 'http://localhost:3000',
    STRAVA_OAUTH_BASE_URL: 'http://localhost:4400',
    STRAVA_API_BASE_URL: 'http://localhost:4400/api/v3',
    AUTH_ISSUER_URL: 'http://localhost:4400/oidc',
    AUTH_AUDIENCE: 'slipstream-api',
    SIMULATOR_STATE_FILE: '/data/simulator.json',
    ...secrets,
  })
})

test('what the user has set is not set again, be it as a value or as a file', () => {
  const { settings } = plan({ TOKEN_KEYS_FILE: '/run/keys', AUTH_AUDIENCE: 'mine', WEB_RETURN_URL: 'http://page/' })
  expect(settings).not.toHaveProperty('TOKEN_KEYS')
  expect(settings).not.toHaveProperty('AUTH_AUDIENCE')
  expect(settings).not.toHaveProperty('WEB_RETURN_URL')
})

test('with a Strava app of the user nothing points at the simulator', () => {
  const { simulatorUrl, settings } = plan({
    STRAVA_CLIENT_ID: '9',
    STRAVA_CLIENT_SECRET: 's',
    AUTH_ISSUER_URL: 'https://i',
  })
  expect(simulatorUrl).toBeNull()
  expect(JSON.stringify(settings)).not.toContain('4400')
  expect(settings).not.toHaveProperty('STRAVA_CLIENT_SECRET')
  expect(settings).not.toHaveProperty('SIMULATOR_STATE_FILE')
})

test('a Strava app without secret and issuer has both named', () => {
  expect(missingSettings({ STRAVA_CLIENT_ID: '9' })).toEqual([
    expect.stringMatching(/^STRAVA_CLIENT_SECRET: is required/),
    expect.stringMatching(/^AUTH_ISSUER_URL: is required/),
  ])
  expect(missingSettings({})).toEqual([])
})
