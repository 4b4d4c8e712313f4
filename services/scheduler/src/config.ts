import { deepFreeze, type Environment, readConfig, setting } from '@slipstream/runtime'
import { type CommonConfig, commonSettings, toCommonConfig } from '@slipstream/service/settings'
import { z } from 'zod'
import { type CadenceSettings, syncModes } from './domain/cadence.ts'

export interface SchedulerConfig extends CommonConfig {
  cadence: CadenceSettings
}

const minuteMs = 60_000

/** The settings by name. */
export const environmentSchema = z.object({
  ...commonSettings(9102),
  SYNC_MODE: setting.oneOf(...syncModes).default('auto'),
  SYNC_INTERVAL_MINUTES: setting.integer(1, 7 * 24 * 60).default(60),
  SYNC_WINDOW_DAYS: setting.integer(1, 365).default(28),
})

/** @throws ConfigError naming every setting that is missing or invalid. */
export const schedulerConfig = (env: Environment = process.env): SchedulerConfig => {
  const settings = readConfig(environmentSchema, env)
  return deepFreeze({
    ...toCommonConfig(settings),
    cadence: {
      mode: settings.SYNC_MODE,
      intervalMs: settings.SYNC_INTERVAL_MINUTES * minuteMs,
      windowDays: settings.SYNC_WINDOW_DAYS,
    },
  })
}
