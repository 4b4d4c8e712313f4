import { type Environment, readConfig, type Secret, setting } from '@slipstream/runtime'
import { tokenKeysSetting } from '@slipstream/vault'
import { z } from 'zod'

export interface IngestionConfig {
  mongodbUri: string
  natsUrl: string
  opsPort: number
  logLevel: z.output<ReturnType<typeof setting.logLevel>>
  otlpEndpoint: string | undefined
  strava: { clientId: string; oauthBaseUrl: string; apiBaseUrl: string }
  secrets: { stravaClientSecret: Secret; tokenKeys: Secret }
  /** How long receivers of an event may keep its data; null: without end. */
  keepForMs: number | null
}

const dayMs = 24 * 60 * 60_000

const environmentSchema = z.object({
  MONGODB_URI: setting.url('mongodb', 'mongodb+srv'),
  NATS_URL: setting.url('nats', 'tls'),
  OPS_PORT: setting.port(9103),
  LOG_LEVEL: setting.logLevel(),
  STRAVA_CLIENT_ID: setting.text(),
  STRAVA_CLIENT_SECRET: setting.secret(),
  STRAVA_OAUTH_BASE_URL: setting.url('http', 'https').default('https://www.strava.com'),
  STRAVA_API_BASE_URL: setting.url('http', 'https').default('https://www.strava.com/api/v3'),
  TOKEN_KEYS: tokenKeysSetting(),
  DATA_POLICY: z.enum(['strava-2026', 'keep']).default('strava-2026'),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting.url('http', 'https').optional(),
})

/** @throws ConfigError naming every setting that is missing or invalid. */
export const ingestionConfig = (env: Environment = process.env): IngestionConfig => {
  const settings = readConfig(environmentSchema, env)
  return {
    mongodbUri: settings.MONGODB_URI,
    natsUrl: settings.NATS_URL,
    opsPort: settings.OPS_PORT,
    logLevel: settings.LOG_LEVEL,
    otlpEndpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    strava: {
      clientId: settings.STRAVA_CLIENT_ID,
      oauthBaseUrl: settings.STRAVA_OAUTH_BASE_URL,
      apiBaseUrl: settings.STRAVA_API_BASE_URL,
    },
    secrets: { stravaClientSecret: settings.STRAVA_CLIENT_SECRET, tokenKeys: settings.TOKEN_KEYS },
    // Strava API Policy of 2026-06-01: no cached copy is older than 7 days.
    keepForMs: settings.DATA_POLICY === 'strava-2026' ? 7 * dayMs : null,
  }
}
