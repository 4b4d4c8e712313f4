import { z } from 'zod'
import { distortionSchema } from './domain/distortion.ts'
import { behaviourSchema, faultRuleSchema } from './domain/fault-rules.ts'
import { scopesOffered } from './domain/grants.ts'

const visibility = z.enum(['everyone', 'followers_only', 'only_me'])

/** A new activity; everything may be left out. Without `startedHoursAgo` it has just ended. */
export const newActivitySchema = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  sportType: z.string().min(1).max(60).default('Run'),
  startedHoursAgo: z
    .number()
    .min(0)
    .max(24 * 400)
    .optional(),
  movingMinutes: z.number().min(1).max(1440).optional(),
  distanceKilometers: z.number().min(0).max(2000).optional(),
  visibility: visibility.optional(),
  manual: z.boolean().optional(),
  trainer: z.boolean().optional(),
  commute: z.boolean().optional(),
  hideStartTime: z.boolean().optional(),
  heartRate: z.enum(['recorded', 'absent', 'hidden']).optional(),
  power: z.enum(['measured', 'estimated']).optional(),
  timezone: z
    .string()
    .regex(/^\(GMT[+-]\d{2}:\d{2}\) \S+$/, { error: 'must look like "(GMT-05:00) America/New_York"' })
    .optional(),
  distortion: distortionSchema.optional(),
})

/**
 * `distanceMeters` and `movingTimeSeconds` change without a webhook, as a correction at Strava does; so does
 * `distortion`, which null takes away. An `invisible` one looks deleted to the application, and created when it is not
 * any more.
 */
export const activityEditSchema = z.strictObject({
  name: z.string().min(1).max(200).optional(),
  sportType: z.string().min(1).max(60).optional(),
  private: z.boolean().optional(),
  visibility: visibility.optional(),
  distanceMeters: z.number().min(0).optional(),
  movingTimeSeconds: z.int().min(1).optional(),
  invisible: z.boolean().optional(),
  distortion: distortionSchema.nullable().optional(),
})

const windowPair = z.strictObject({ quarterHour: z.int().min(0).optional(), day: z.int().min(0).optional() })

export const limitsSchema = z.strictObject({ overall: windowPair.optional(), read: windowPair.optional() })

/** `rules` replaces all rules; `behaviour` changes only what it names. */
export const faultsSchema = z.strictObject({
  rules: z.array(faultRuleSchema).optional(),
  behaviour: behaviourSchema
    .partial()
    .extend({ webhooks: behaviourSchema.shape.webhooks.partial().optional() })
    .optional(),
})

/** Strava's clock is set to a time, or so far ahead of the real one (negative: behind). It goes on from there. */
export const clockSchema = z.union([
  z.strictObject({ offsetMs: z.int() }),
  z.strictObject({ time: z.iso.datetime({ offset: true }) }),
])

export const clockAdvanceSchema = z.strictObject({ seconds: z.number().min(0) })

export const latencySchema = z.strictObject({ latencyMs: z.int().min(0).max(60_000) })

export const grantSchema = z.strictObject({
  scopes: z.array(z.enum(scopesOffered)).default(['read', 'activity:read_all']),
})

export const tokenRequestSchema = z.strictObject({
  account: z.string().min(1),
  /** Comma separated; in place of the account's own roles. */
  roles: z
    .string()
    .transform((text) => text.split(',').filter((role) => role !== ''))
    .optional(),
  /** Zero or negative gives a token that is already over. */
  expiresInSeconds: z.coerce.number().int().min(-86_400).max(86_400).default(3600),
  profileSubmitted: z
    .enum(['true', 'false'])
    .transform((text) => text === 'true')
    .optional(),
  format: z.enum(['json', 'text']).default('json'),
})
