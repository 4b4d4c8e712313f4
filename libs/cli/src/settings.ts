import { type Environment, readConfig, setting } from '@slipstream/runtime'
import { commonSettings } from '@slipstream/service/settings'
import { stravaAppSettings, stravaSettings } from '@slipstream/strava/settings'
import { tokenKeysSetting } from '@slipstream/vault/settings'
import { z } from 'zod'

// What each part needs, read when it is needed: a command asks for no setting that it does not use.

const { MONGODB_URI, NATS_URL, NATS_CREDS_FILE, NATS_CA_FILE, NATS_STREAM_REPLICAS } = commonSettings(0)
const { STRAVA_CLIENT_ID, STRAVA_CLIENT_SECRET, STRAVA_OAUTH_BASE_URL, STRAVA_API_BASE_URL } = stravaSettings()

/** @throws ConfigError, as all of these do */
export const readMongo = (env: Environment) => readConfig(z.object({ MONGODB_URI }), env)

export const readNats = (env: Environment) =>
  readConfig(
    z.object({
      NATS_URL,
      NATS_CREDS_FILE,
      NATS_CA_FILE,
      NATS_STREAM_REPLICAS,
      NATS_MONITOR_URL: setting.url('http', 'https').optional(),
    }),
    env,
  )

export const readApp = (env: Environment) => readConfig(z.object({ STRAVA_CLIENT_ID }), env)

export const readStrava = (env: Environment) =>
  readConfig(z.object({ STRAVA_CLIENT_ID, STRAVA_CLIENT_SECRET, STRAVA_OAUTH_BASE_URL, STRAVA_API_BASE_URL }), env)

/** How Strava and people see this deployment; none of it is required. */
export const readDeployment = (env: Environment) => readConfig(z.object(stravaAppSettings()), env)

export const readTokenKeys = (env: Environment) => readConfig(z.object({ TOKEN_KEYS: tokenKeysSetting() }), env)

/** Every reader above, for who judges settings as a whole. */
export const allReaders = [readMongo, readNats, readStrava, readDeployment, readTokenKeys]
