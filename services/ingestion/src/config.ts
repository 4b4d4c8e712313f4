import { deepFreeze, type Environment, readConfig, type Secret } from '@slipstream/runtime'
import { type CommonConfig, commonSettings, toCommonConfig } from '@slipstream/service/settings'
import { type StravaConfig, stravaSettings, toStravaConfig } from '@slipstream/strava/settings'
import { tokenKeysSetting } from '@slipstream/vault/settings'
import { z } from 'zod'

export interface IngestionConfig extends CommonConfig {
  strava: StravaConfig
  secrets: { stravaClientSecret: Secret; tokenKeys: Secret }
}

/** The settings by name. */
export const environmentSchema = z.object({
  ...commonSettings(9103),
  ...stravaSettings(),
  TOKEN_KEYS: tokenKeysSetting(),
})

/** @throws ConfigError naming every setting that is missing or invalid. */
export const ingestionConfig = (env: Environment = process.env): IngestionConfig => {
  const settings = readConfig(environmentSchema, env)
  return deepFreeze({
    ...toCommonConfig(settings),
    strava: toStravaConfig(settings),
    secrets: { stravaClientSecret: settings.STRAVA_CLIENT_SECRET, tokenKeys: settings.TOKEN_KEYS },
  })
}
