import { type Environment, readConfig, setting } from '@slipstream/runtime'
import { z } from 'zod'

export interface SchedulerConfig {
  mongodbUri: string
  natsUrl: string
  opsPort: number
  logLevel: z.output<ReturnType<typeof setting.logLevel>>
  otlpEndpoint: string | undefined
  syncIntervalMs: number
  syncWindowDays: number
}

const minuteMs = 60_000

const environmentSchema = z.object({
  MONGODB_URI: setting.url('mongodb', 'mongodb+srv'),
  NATS_URL: setting.url('nats', 'tls'),
  OPS_PORT: setting.port(9102),
  LOG_LEVEL: setting.logLevel(),
  SYNC_INTERVAL_MINUTES: setting.integer(60, 1, 7 * 24 * 60),
  SYNC_WINDOW_DAYS: setting.integer(28, 1, 365),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting.url('http', 'https').optional(),
})

/** @throws ConfigError naming every setting that is missing or invalid. */
export const schedulerConfig = (env: Environment = process.env): SchedulerConfig => {
  const settings = readConfig(environmentSchema, env)
  return {
    mongodbUri: settings.MONGODB_URI,
    natsUrl: settings.NATS_URL,
    opsPort: settings.OPS_PORT,
    logLevel: settings.LOG_LEVEL,
    otlpEndpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
    syncIntervalMs: settings.SYNC_INTERVAL_MINUTES * minuteMs,
    syncWindowDays: settings.SYNC_WINDOW_DAYS,
  }
}
