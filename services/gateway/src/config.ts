import { deepFreeze, type Environment, hasNoUser, hasPlainHost, readConfig, setting } from '@slipstream/runtime'
import { commonSettings, toCommonConfig } from '@slipstream/service/settings'
import { stravaAppSettings, stravaSettings, toStravaConfig } from '@slipstream/strava/settings'
import { tokenKeysSetting } from '@slipstream/vault/settings'
import { z } from 'zod'

/** Kept as it stands: an issuer is compared letter by letter, and some end in a slash. */
const issuer = z
  .url({
    protocol: /^https?$/,
    error: ({ input }) =>
      input === undefined ? 'is required' : 'must be the http or https URL of an OpenID Connect issuer',
  })
  .refine((value) => !/[?#]/.test(value), { error: 'must have neither query nor fragment' })
  .refine(hasPlainHost, { error: 'must name a host' })
  .refine(hasNoUser, { error: 'must have no user name or password' })

const schemesOfBrowsers = new Set(
  [
    'about',
    'blob',
    'data',
    'file',
    'filesystem',
    'ftp',
    'http',
    'javascript',
    'vbscript',
    'view-source',
    'ws',
    'wss',
  ].map((scheme) => `${scheme}:`),
)

/** While an app is written, its web build runs here; what leaves for this machine itself nobody reads on the way. */
const isOfThisMachine = ({ protocol, hostname }: URL): boolean =>
  protocol === 'http:' && ['localhost', '127.0.0.1', '[::1]'].includes(hostname)

/** `https:` (App Links, Universal Links) or a scheme of the app's own; never one that a browser would run. */
const deepLink = z.url({ error: 'must be a URL such as coachai://oauth/strava' }).refine(
  (value) => {
    if (!URL.canParse(value)) return true
    const url = new URL(value)
    return isOfThisMachine(url) || !schemesOfBrowsers.has(url.protocol)
  },
  { error: 'must be https:, http: on localhost, or a scheme of the app' },
)

/** Compared letter by letter with what a browser sends: scheme, host and port, nothing behind. */
const origins = z
  .string()
  .transform((value) => value.split(',').map((one) => one.trim()))
  .refine((all) => all.every((one) => /^https?:/.test(one) && hasPlainHost(one) && new URL(one).origin === one), {
    error: 'must be origins such as https://train.example, with commas between and without a path',
  })

/** The settings by name. */
export const environmentSchema = z.object({
  ...commonSettings(9101),
  PORT: setting.port(3000),
  DRAIN_SECONDS: setting.integer(0, 300).default(5),
  TRUSTED_PROXY_HOPS: setting.integer(0, 10).default(0),
  CORS_ORIGINS: origins.optional(),
  AUTH_ISSUER_URL: issuer,
  AUTH_AUDIENCE: setting.text(),
  ...stravaSettings(),
  ...stravaAppSettings(),
  STRAVA_WEBHOOK_SIGNATURE: setting.oneOf('off', 'observe', 'enforce').default('observe'),
  STRAVA_WEBHOOK_SIGNING_SECRET: setting.secret().optional(),
  STRAVA_WEBHOOK_REPLACE_SUBSCRIPTION: setting.oneOf('true', 'false').default('false'),
  TOKEN_KEYS: tokenKeysSetting(),
  APP_DEEP_LINK: deepLink.default('coachai://oauth/strava'),
  WEB_RETURN_URL: setting.url('http', 'https').optional(),
  RATE_LIMIT_SCALE: setting.integer(1, 10_000).default(1),
  PROFILE_GATE: setting.oneOf('local', 'claim', 'off').default('local'),
})

/** @throws ConfigError with every problem at once */
export const gatewayConfig = (env: Environment = process.env) => {
  const settings = readConfig(environmentSchema, env)
  return deepFreeze({
    ...toCommonConfig(settings),
    http: {
      port: settings.PORT,
      /** Absent: `http://localhost:<port>`, known once the port is. */
      publicUrl: settings.PUBLIC_URL,
      /** How many proxies in a row stand before the gateway and say whom they speak for. */
      trustedProxyHops: settings.TRUSTED_PROXY_HOPS,
      /** Whose pages, beside the gateway's own, may call the API. */
      corsOrigins: settings.CORS_ORIGINS ?? [],
      /** Limits on requests of callers, times this. */
      rateLimitScale: settings.RATE_LIMIT_SCALE,
      /** How long to go on serving after `/readyz` has begun to say no. */
      drainMs: settings.DRAIN_SECONDS * 1_000,
    },
    auth: { issuer: settings.AUTH_ISSUER_URL, audience: settings.AUTH_AUDIENCE },
    strava: {
      ...toStravaConfig(settings),
      athleteLimit: settings.STRAVA_ATHLETE_LIMIT ?? null,
    },
    linking: {
      profileGate: settings.PROFILE_GATE,
      appDeepLink: settings.APP_DEEP_LINK,
      /** Absent: the page at the public URL. */
      webReturnUrl: settings.WEB_RETURN_URL,
      /** Strava's own button, which may not be passed on with this software; null: plain text. */
      buttonImage: settings.STRAVA_BUTTON_IMAGE ?? null,
    },
    webhooks: {
      signature: settings.STRAVA_WEBHOOK_SIGNATURE,
      replacesForeign: settings.STRAVA_WEBHOOK_REPLACE_SUBSCRIPTION === 'true',
    },
    secrets: {
      webhookPaths: settings.STRAVA_WEBHOOK_PATH_SECRET ?? [],
      webhookVerifyToken: settings.STRAVA_WEBHOOK_VERIFY_TOKEN ?? null,
      webhookSigning: settings.STRAVA_WEBHOOK_SIGNING_SECRET ?? null,
      stravaClientSecret: settings.STRAVA_CLIENT_SECRET,
      tokenKeys: settings.TOKEN_KEYS,
    },
  })
}

export type GatewayConfig = ReturnType<typeof gatewayConfig>
