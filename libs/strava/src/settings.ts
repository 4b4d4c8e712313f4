import { setting } from '@slipstream/runtime'
import type { z } from 'zod'

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
