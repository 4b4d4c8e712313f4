import { deepFreeze, type Environment, readConfig, type Secret } from '@slipstream/runtime'
import { type CommonConfig, commonSettings, toCommonConfig } from '@slipstream/service'
import { type StravaConfig, stravaSettings, toStravaConfig } from '@slipstream/strava'
import { tokenKeysSetting } from '@slipstream/vault'
import { z } from 'zod'

export interface IngestionConfig extends CommonConfig {
  strava: StravaConfig
  secrets: { stravaClientSecret: Secret; tokenKeys: Secret }
  /** How long receivers of an event may keep its data; null: without end. */
  keepForMs: number | null
}

const dayMs = 24 * 60 * 60_000

const environmentSchema = z.object({
  ...commonSettings(9103),
  ...stravaSettings(),
  TOKEN_KEYS: tokenKeysSetting(),
  DATA_POLICY: z.enum(['strava-2026', 'keep']).default('strava-2026'),
})

/** @throws ConfigError naming every setting that is missing or invalid. */
export const ingestionConfig = (env: Environment = process.env): IngestionConfig => {
  const settings = readConfig(environmentSchema, env)
  return deepFreeze({
    ...toCommonConfig(settings),
    strava: toStravaConfig(settings),
    secrets: { stravaClientSecret: settings.STRAVA_CLIENT_SECRET, tokenKeys: settings.TOKEN_KEYS },
    // Strava API Policy of 2026-06-01: no cached copy is older than 7 days.
    keepForMs: settings.DATA_POLICY === 'strava-2026' ? 7 * dayMs : null,
  })
}
