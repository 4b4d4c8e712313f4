import { createHmac, timingSafeEqual } from 'node:crypto'
import type { Secret } from '@slipstream/runtime'
import { z } from 'zod'
import type { Reading } from './json.ts'
import { idSchema, readJsonWith } from './lenient.ts'

/** What Strava posts when something happens to an athlete of the app. A hint: it may come twice, late, never, or be forged. */
export interface StravaWebhook {
  subscriptionId: string
  objectType: 'activity' | 'athlete'
  objectId: string
  ownerId: string
  aspectType: 'create' | 'update' | 'delete'
  eventTime: Date
  /** What an update changed: `title`, `type`, `private`, `authorized`; absent values are left out. */
  updates: Record<string, string>
}

/** Names are what Strava's are: an operator, a path or a NUL is no name, and the store would refuse to keep it. */
const updatesSchema = z
  .record(
    z.string().regex(/^[A-Za-z0-9_]{1,64}$/),
    z.union([z.string().max(1_000), z.number(), z.boolean()]).transform(String),
  )
  .nullish()
  .transform((updates) => updates ?? {})

/** Of no more digits than 64 bits have. */
const shortId = idSchema.pipe(z.string().max(20))

const webhookSchema = z
  .object({
    subscription_id: shortId,
    object_type: z.enum(['activity', 'athlete']),
    object_id: shortId,
    owner_id: shortId,
    aspect_type: z.enum(['create', 'update', 'delete']),
    event_time: z.int().min(0).max(99_999_999_999),
    updates: updatesSchema,
  })
  .transform(
    (raw): StravaWebhook => ({
      subscriptionId: raw.subscription_id,
      objectType: raw.object_type,
      objectId: raw.object_id,
      ownerId: raw.owner_id,
      aspectType: raw.aspect_type,
      eventTime: new Date(raw.event_time * 1_000),
      updates: raw.updates,
    }),
  )

/** Fields that are not known are passed over: Strava adds some without notice. */
export const readWebhook: (text: string) => Reading<StravaWebhook> = readJsonWith(webhookSchema)

/** What the signature of a webhook shows; `late`: right, and of more than five minutes ago. */
export type SignatureResult = 'absent' | 'malformed' | 'wrong' | 'late' | 'right'

const toleranceMs = 5 * 60_000

const signed = (key: Secret, time: string, body: Buffer): Buffer =>
  createHmac('sha256', key.reveal()).update(`${time}.`).update(body).digest()

/**
 * Checks `X-Strava-Signature: t=<epoch seconds>,v1=<hex>`, an HMAC-SHA256 over `<t>.<body>`. Which key Strava signs with, and
 * whether it signs all, is not documented: any of the keys will do.
 */
export const checkSignature = (
  header: string | undefined,
  body: Buffer,
  { keys, now }: { keys: readonly Secret[]; now: Date },
): SignatureResult => {
  if (header === undefined) return 'absent'
  const [, time, hex] = /^t=(\d{1,11}),v1=([0-9a-f]{64})$/.exec(header.replaceAll(' ', '')) ?? []
  if (time === undefined || hex === undefined) return 'malformed'
  const given = Buffer.from(hex, 'hex')
  if (!keys.some((key) => timingSafeEqual(signed(key, time, body), given))) return 'wrong'
  return Math.abs(now.getTime() - Number(time) * 1_000) > toleranceMs ? 'late' : 'right'
}
