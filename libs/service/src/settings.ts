import { Secret, setting } from '@slipstream/runtime'
import type { z } from 'zod'

/** The settings that every service has, each spelled once; only the port of operations differs. */
export const commonSettings = (opsPort: number) => ({
  MONGODB_URI: setting.mongodbUri(),
  NATS_URL: setting.natsUrl(),
  NATS_CREDS_FILE: setting
    .file()
    .refine(
      (text) => /BEGIN NATS USER JWT[\s\S]*BEGIN USER NKEY SEED/.test(text) || /^SU[A-Z2-7]{56}$/.test(text.trim()),
      {
        error: "must name a credentials file of NATS, with a JWT and a seed, or one with a user's seed alone",
      },
    )
    .transform((text) => new Secret(text))
    .optional(),
  NATS_CA_FILE: setting
    .file()
    .refine((text) => text.includes('-----BEGIN CERTIFICATE-----'), {
      error: 'must name a file with certificates in PEM',
    })
    .optional(),
  NATS_STREAM_REPLICAS: setting.integer(1, 5).default(1),
  OPS_PORT: setting.port(opsPort),
  OPS_HOST: setting.text().default('127.0.0.1'),
  LOG_LEVEL: setting.logLevel(),
  // Used by what is loaded before the service; what is wrong with it is told here.
  OTEL_EXPORTER_OTLP_ENDPOINT: setting.url('http', 'https').optional(),
})

type CommonSettings = z.output<z.ZodObject<ReturnType<typeof commonSettings>>>

export interface CommonConfig {
  mongodbUri: string
  natsUrl: string
  /** How to get into NATS where the address does not say it. */
  natsAccess: { creds: Secret | null; ca: string | null }
  natsStreamReplicas: number
  opsPort: number
  /** The address the operations port listens on. */
  opsHost: string
  logLevel: CommonSettings['LOG_LEVEL']
}

export const toCommonConfig = (values: CommonSettings): CommonConfig => ({
  mongodbUri: values.MONGODB_URI,
  natsUrl: values.NATS_URL,
  natsAccess: { creds: values.NATS_CREDS_FILE ?? null, ca: values.NATS_CA_FILE ?? null },
  natsStreamReplicas: values.NATS_STREAM_REPLICAS,
  opsPort: values.OPS_PORT,
  opsHost: values.OPS_HOST,
  logLevel: values.LOG_LEVEL,
})
