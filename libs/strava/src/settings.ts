import { setting } from '@slipstream/runtime'
import type { z } from 'zod'

/** The settings of every service that calls Strava, each spelled once. */
export const stravaSettings = () => ({
  STRAVA_CLIENT_ID: setting.text(),
  STRAVA_CLIENT_SECRET: setting.secret(),
  STRAVA_OAUTH_BASE_URL: setting.url('http', 'https').default('https://www.strava.com'),
  STRAVA_API_BASE_URL: setting.url('http', 'https').default('https://www.strava.com/api/v3'),
})

type StravaSettings = z.output<z.ZodObject<ReturnType<typeof stravaSettings>>>

/** All of it but the secret. */
export interface StravaConfig {
  clientId: string
  oauthBaseUrl: string
  apiBaseUrl: string
}

export const toStravaConfig = (values: StravaSettings): StravaConfig => ({
  clientId: values.STRAVA_CLIENT_ID,
  oauthBaseUrl: values.STRAVA_OAUTH_BASE_URL,
  apiBaseUrl: values.STRAVA_API_BASE_URL,
})
