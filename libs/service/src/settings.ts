import { setting } from '@slipstream/runtime'
import type { z } from 'zod'

/** The settings that every service has, each spelled once; only the port of operations differs. */
export const commonSettings = (opsPort: number) => ({
  MONGODB_URI: setting.mongodbUri(),
  NATS_URL: setting.natsUrl(),
  OPS_PORT: setting.port(opsPort),
  OPS_HOST: setting.text().default('127.0.0.1'),
  LOG_LEVEL: setting.logLevel(),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting.url('http', 'https').optional(),
})

type CommonSettings = z.output<z.ZodObject<ReturnType<typeof commonSettings>>>

export interface CommonConfig {
  mongodbUri: string
  natsUrl: string
  opsPort: number
  /** The address the operations port listens on. */
  opsHost: string
  logLevel: CommonSettings['LOG_LEVEL']
  /** Absent: traces are not exported. */
  otlpEndpoint: string | undefined
}

export const toCommonConfig = (values: CommonSettings): CommonConfig => ({
  mongodbUri: values.MONGODB_URI,
  natsUrl: values.NATS_URL,
  opsPort: values.OPS_PORT,
  opsHost: values.OPS_HOST,
  logLevel: values.LOG_LEVEL,
  otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
})
