import { ConfigError } from '@slipstream/runtime'
import { describe, expect, it } from 'vitest'
import { schedulerConfig } from './config.ts'

const required = { MONGODB_URI: 'mongodb://localhost/slipstream', NATS_URL: 'nats://localhost:4222' }

describe('the settings of the scheduler', () => {
  it('default to an hourly look at 28 days', () => {
    const cadence = { mode: 'auto', intervalMs: 3_600_000, windowDays: 28 }
    expect(schedulerConfig(required)).toMatchObject({ opsPort: 9102, cadence })
    const changed = schedulerConfig({ ...required, SYNC_MODE: 'hourly', SYNC_INTERVAL_MINUTES: '1' })
    expect(changed.cadence).toEqual({ ...cadence, mode: 'hourly', intervalMs: 60_000 })
  })

  it('are refused all at once, by name', () => {
    const read = () =>
      schedulerConfig({
        ...{ NATS_URL: 'http://elsewhere', SYNC_MODE: 'daily', SYNC_INTERVAL_MINUTES: '0', SYNC_WINDOW_DAYS: 'all' },
      })
    expect(read).toThrow(ConfigError)
    for (const name of ['MONGODB_URI', 'NATS_URL', 'SYNC_MODE', 'SYNC_INTERVAL_MINUTES', 'SYNC_WINDOW_DAYS'])
      expect(read).toThrow(name)
  })
})
