import { ConfigError } from '@slipstream/runtime'
import { describe, expect, it } from 'vitest'
import { ingestionConfig } from './config.ts'

const tokenKey = Buffer.alloc(32, 'canary').toString('base64')

const required = {
  MONGODB_URI: 'mongodb://localhost/slipstream',
  NATS_URL: 'nats://localhost:4222',
  STRAVA_CLIENT_ID: '12345',
  STRAVA_CLIENT_SECRET: 'client-secret-canary',
  TOKEN_KEYS: `test:${tokenKey}`,
}

describe('the settings of ingestion', () => {
  it('have defaults where they may', () => {
    expect(ingestionConfig(required)).toMatchObject({
      opsPort: 9103,
      strava: {
        ...{ oauthBaseUrl: 'https://www.strava.com', apiBaseUrl: 'https://www.strava.com/api/v3' },
        keepForMs: 7 * 86_400_000,
      },
    })
    expect(ingestionConfig({ ...required, DATA_POLICY: 'keep' }).strava.keepForMs).toBeNull()
  })

  it('are refused all at once, by name and without a value', () => {
    const broken = {
      ...required,
      MONGODB_URI: 'http://canary',
      NATS_URL: '',
      DATA_POLICY: 'canary',
      OPS_PORT: 'canary',
    }
    const read = () => ingestionConfig(broken)
    expect(read).toThrow(ConfigError)
    expect(read).toThrow(/^4 settings/)
    for (const name of ['MONGODB_URI', 'NATS_URL', 'DATA_POLICY', 'OPS_PORT']) expect(read).toThrow(name)
    expect(read).not.toThrow(/canary/)
  })

  it('do not show secrets when printed', () => {
    const config = ingestionConfig(required)
    expect(JSON.stringify(config)).not.toContain('canary')
    expect(JSON.stringify(config)).not.toContain(tokenKey)
    expect(config.secrets.tokenKeys.reveal()).toBe(required.TOKEN_KEYS)
  })
})
