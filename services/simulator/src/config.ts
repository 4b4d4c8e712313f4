import { type Environment, readConfig, Secret, setting } from '@slipstream/runtime'
import { z } from 'zod'

export interface SimulatorConfig {
  /** Address to listen on; loopback unless a container needs more. */
  host: string
  /** 0 takes any free port. */
  port: number
  /** Null runs without an operations port. */
  opsPort: number | null
  /** The address the operations port listens on. */
  opsHost: string
  logLevel: z.output<ReturnType<typeof setting.logLevel>>
  /** Null follows the port that was taken. */
  publicUrl: string | null
  stravaClientId: string
  stravaClientSecret: Secret
  webhookSigningSecret: Secret | null
  /** How many athletes may be connected to the application; null is unlimited. */
  athleteLimit: number | null
  authAudience: string
  latencyMs: number
  webOrigin: string
  seed: number
  /** What changes while running is kept in this file; null forgets it. */
  stateFile: string | null
}

const environmentSchema = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: setting.port(4400),
  OPS_PORT: setting.port(9104),
  OPS_HOST: setting.text().default('127.0.0.1'),
  LOG_LEVEL: setting.logLevel(),
  SIMULATOR_PUBLIC_URL: setting.url('http', 'https').optional(),
  STRAVA_CLIENT_ID: z.string().regex(/^\d+$/, { error: 'must be a whole number' }).default('12345'),
  STRAVA_CLIENT_SECRET: setting.secret().optional(),
  STRAVA_WEBHOOK_SIGNING_SECRET: setting.secret().optional(),
  STRAVA_ATHLETE_LIMIT: setting.integer(1).optional(),
  AUTH_AUDIENCE: z.string().default('slipstream-api'),
  SIMULATOR_LATENCY_MS: setting.integer(0, 60_000).default(60),
  WEB_ORIGIN: setting.url('http', 'https').default('http://localhost:3000'),
  SIMULATOR_SEED: setting.integer(0, 1_000_000).default(1),
  SIMULATOR_STATE_FILE: setting.text().optional(),
})

/** Not a secret in earnest: the value everybody's development set-up shares. */
const developmentClientSecret = 'simulator-secret'

/** @throws ConfigError naming every setting that is invalid. */
export const simulatorConfig = (env: Environment = process.env): SimulatorConfig => {
  const settings = readConfig(environmentSchema, env)
  return {
    host: settings.HOST,
    port: settings.PORT,
    opsPort: settings.OPS_PORT,
    opsHost: settings.OPS_HOST,
    logLevel: settings.LOG_LEVEL,
    publicUrl: settings.SIMULATOR_PUBLIC_URL ?? null,
    stravaClientId: settings.STRAVA_CLIENT_ID,
    stravaClientSecret: settings.STRAVA_CLIENT_SECRET ?? new Secret(developmentClientSecret),
    webhookSigningSecret: settings.STRAVA_WEBHOOK_SIGNING_SECRET ?? null,
    athleteLimit: settings.STRAVA_ATHLETE_LIMIT ?? null,
    authAudience: settings.AUTH_AUDIENCE,
    latencyMs: settings.SIMULATOR_LATENCY_MS,
    webOrigin: settings.WEB_ORIGIN,
    seed: settings.SIMULATOR_SEED,
    stateFile: settings.SIMULATOR_STATE_FILE ?? null,
  }
}

/** For a simulator inside a test's own process: any free port, no operations port, silent, answers at once. */
export const inProcessConfig = (): SimulatorConfig => ({
  ...simulatorConfig({}),
  port: 0,
  opsPort: null,
  logLevel: 'silent',
  latencyMs: 0,
})
