import { type Environment, readConfig, setting } from '@slipstream/runtime'
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
  MONGODB_URI: setting.url('mongodb', 'mongodb+srv'),
  NATS_URL: setting.url('nats', 'tls'),
  PORT: setting.port(3000),
  OPS_PORT: setting.port(9101),
  PUBLIC_URL: publicUrl.optional(),
  LOG_LEVEL: setting.logLevel(),
  AUTH_ISSUER_URL: issuer,
  AUTH_AUDIENCE: setting.text(),
  STRAVA_CLIENT_ID: setting.text(),
  STRAVA_CLIENT_SECRET: setting.secret(),
  STRAVA_OAUTH_BASE_URL: setting.url('http', 'https').default('https://www.strava.com'),
  STRAVA_ATHLETE_LIMIT: z.coerce.number({ error: 'must be a whole number' }).int().min(1).optional(),
  TOKEN_KEYS: tokenKeysSetting(),
  APP_DEEP_LINK: deepLink.default('coachai://oauth/strava'),
  WEB_RETURN_URL: setting.url('http', 'https').optional(),
  PROFILE_GATE: z.enum(['local', 'claim', 'off'], { error: 'must be local, claim or off' }).default('local'),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting.url('http', 'https').optional(),
})

/** @throws ConfigError with every problem at once */
export const readGatewayConfig = (env: Environment) => {
  const values = readConfig(schema, env)
  return Object.freeze({
    mongodbUri: values.MONGODB_URI,
    natsUrl: values.NATS_URL,
    logLevel: values.LOG_LEVEL,
    otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    http: Object.freeze({
      port: values.PORT,
      opsPort: values.OPS_PORT,
      /** Absent: `http://localhost:<port>`, known once the port is. */
      publicUrl: values.PUBLIC_URL,
    }),
    auth: Object.freeze({ issuer: values.AUTH_ISSUER_URL, audience: values.AUTH_AUDIENCE }),
    strava: Object.freeze({
      clientId: values.STRAVA_CLIENT_ID,
      oauthBaseUrl: values.STRAVA_OAUTH_BASE_URL,
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

export type GatewayConfig = ReturnType<typeof readGatewayConfig>
