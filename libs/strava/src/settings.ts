import { hasNoUser, hasPlainHost, Secret, setting } from '@slipstream/runtime'
import { z } from 'zod'

/** Strava API Policy of 2026-06-01, 6.2: no cached copy is older than 7 days. */
const keptByPolicyMs = 7 * 24 * 60 * 60_000

/** The settings of every service that calls Strava, each spelled once. */
export const stravaSettings = () => ({
  STRAVA_CLIENT_ID: setting.text(),
  STRAVA_CLIENT_SECRET: setting.secret(),
  STRAVA_OAUTH_BASE_URL: setting.url('http', 'https').default('https://www.strava.com'),
  STRAVA_API_BASE_URL: setting.url('http', 'https').default('https://www.strava.com/api/v3'),
  DATA_POLICY: setting.oneOf('strava-2026', 'keep').default('strava-2026'),
})

/** One value, or two while one takes the other's place; each goes into an address. */
const pathSecrets = z
  .string()
  .refine((value) => /^[A-Za-z0-9_-]{16,128}(,[A-Za-z0-9_-]{16,128})?$/.test(value), {
    error: 'must be one value, or two with a comma between, of 16 to 128 letters, digits, "-" or "_"',
  })
  .transform((value) => value.split(',').map((one) => new Secret(one)))

/** The page, the cookies and the callback all live at the root. */
const publicUrl = setting
  .url('http', 'https')
  .refine((value) => !URL.canParse(value) || value === new URL(value).origin, {
    error: 'must be an origin such as https://train.example, without a path',
  })

const isImageAddress = (value: string): boolean => {
  const url = URL.parse(value)
  const isElsewhere = url?.protocol === 'https:' && hasNoUser(value) && hasPlainHost(value)
  return isElsewhere || /^\/(?![/\\])\S*$/.test(value)
}

/** The page may load images from there and from itself; from plain http an https page could not. */
const image = z.string().refine(isImageAddress, {
  error: 'must be an https URL without a password, or a path such as /brand/button.svg',
})

/** What a deployment is to Strava as a whole: where it sends people and webhooks, how many athletes it lets in, how linking begins. */
export const stravaAppSettings = () => ({
  PUBLIC_URL: publicUrl.optional(),
  STRAVA_WEBHOOK_VERIFY_TOKEN: setting.secret().optional(),
  STRAVA_WEBHOOK_PATH_SECRET: pathSecrets.optional(),
  STRAVA_ATHLETE_LIMIT: setting.integer(1).optional(),
  STRAVA_BUTTON_IMAGE: image.optional(),
})

type StravaSettings = z.output<z.ZodObject<ReturnType<typeof stravaSettings>>>

/** All of it but the secret. */
export interface StravaConfig {
  clientId: string
  oauthBaseUrl: string
  apiBaseUrl: string
  /** How long what was fetched may be kept, here and by receivers of events; null: without end. */
  keepForMs: number | null
}

export const toStravaConfig = (values: StravaSettings): StravaConfig => ({
  clientId: values.STRAVA_CLIENT_ID,
  oauthBaseUrl: values.STRAVA_OAUTH_BASE_URL,
  apiBaseUrl: values.STRAVA_API_BASE_URL,
  keepForMs: values.DATA_POLICY === 'strava-2026' ? keptByPolicyMs : null,
})
