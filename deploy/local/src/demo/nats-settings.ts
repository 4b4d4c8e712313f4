import { commonSettings } from '@slipstream/service/settings'
import type { z } from 'zod'

const { NATS_URL, NATS_CREDS_FILE, NATS_CA_FILE } = commonSettings(0)

/** Where NATS is and how to get into it, as the services read it. */
export const natsSettings = { NATS_URL, NATS_CREDS_FILE, NATS_CA_FILE }

export const natsServersOf = (values: z.output<z.ZodObject<typeof natsSettings>>) => ({
  url: values.NATS_URL,
  creds: values.NATS_CREDS_FILE ?? null,
  ca: values.NATS_CA_FILE ?? null,
})
