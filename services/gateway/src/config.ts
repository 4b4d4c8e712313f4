import { type Environment, readConfig, setting } from '@slipstream/runtime'
import { commonSettings, toCommonConfig } from '@slipstream/service'
import { stravaSettings, toStravaConfig } from '@slipstream/strava'
import { tokenKeysSetting } from '@slipstream/vault'
import { z } from 'zod'

/** Kept as it stands: an issuer is compared letter by letter, and some end in a slash. */
const issuer = z
  .url({
    protocol: /^https?$/,
    error: ({ input }) =>
      input === undefined ? 'is required' : 'must be the http or https URL of an OpenID Connect issuer',
  })
  .refine((value) => !/[?#]/.test(value), { error: 'must have neither query nor fragment' })

/** `https:` (App Links, Universal Links) or a scheme of the app's own; never one that a browser would run. */
const deepLink = z
  .url({ error: 'must be a URL such as coachai://oauth/strava' })
  .refine((value) => !/^(javascript|data|vbscript|blob|file|http):/i.test(value), {
    error: 'must be https: or a scheme of the app',
  })

/** The page, the cookies and the callback all live at the root. */
const publicUrl = setting
  .url('http', 'https')
  .refine((value) => !URL.canParse(value) || value === new URL(value).origin, {
    error: 'must be an origin such as https://train.example, without a path',
  })

const schema = z.object({
  ...commonSettings(9101),
  PORT: setting.port(3000),
  DRAIN_SECONDS: setting.integer(5, 0, 300),
  PUBLIC_URL: publicUrl.optional(),
  AUTH_ISSUER_URL: issuer,
  AUTH_AUDIENCE: setting.text(),
  ...stravaSettings(),
  STRAVA_ATHLETE_LIMIT: z.coerce.number({ error: 'must be a whole number' }).int().min(1).optional(),
  TOKEN_KEYS: tokenKeysSetting(),
  APP_DEEP_LINK: deepLink.default('coachai://oauth/strava'),
  WEB_RETURN_URL: setting.url('http', 'https').optional(),
  PROFILE_GATE: z.enum(['local', 'claim', 'off'], { error: 'must be local, claim or off' }).default('local'),
})

/** @throws ConfigError with every problem at once */
export const gatewayConfig = (env: Environment = process.env) => {
  const values = readConfig(schema, env)
  return Object.freeze({
    ...toCommonConfig(values),
    http: Object.freeze({
      port: values.PORT,
      /** Absent: `http://localhost:<port>`, known once the port is. */
      publicUrl: values.PUBLIC_URL,
      /** How long to go on serving after `/readyz` has begun to say no. */
      drainMs: values.DRAIN_SECONDS * 1_000,
    }),
    auth: Object.freeze({ issuer: values.AUTH_ISSUER_URL, audience: values.AUTH_AUDIENCE }),
    strava: Object.freeze({
      ...toStravaConfig(values),
      athleteLimit: values.STRAVA_ATHLETE_LIMIT ?? null,
    }),
    linking: Object.freeze({
      profileGate: values.PROFILE_GATE,
      appDeepLink: values.APP_DEEP_LINK,
      /** Absent: the page at the public URL. */
      webReturnUrl: values.WEB_RETURN_URL,
    }),
    secrets: Object.freeze({ stravaClientSecret: values.STRAVA_CLIENT_SECRET, tokenKeys: values.TOKEN_KEYS }),
  })
}

export type GatewayConfig = ReturnType<typeof gatewayConfig>
