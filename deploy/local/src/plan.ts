import { join } from 'node:path'
import type { Environment } from '@slipstream/runtime'
import type { Ports } from './ports.ts'
import type { DevelopmentSecrets } from './secrets.ts'

export interface SystemInput {
  /** What the user has set; wins over everything set up here. */
  env: Environment
  ports: Pick<Ports, 'gateway' | 'simulator'>
  secrets: DevelopmentSecrets
  dataDir: string
}

/** A setting counts as made when it has a value, itself or through its `_FILE` twin. */
export const isSet = (env: Environment, name: string): boolean => Boolean(env[name] || env[`${name}_FILE`])

export const usesSimulator = (env: Environment): boolean => !isSet(env, 'STRAVA_CLIENT_ID')

/** What cannot be made up when Strava itself is used, and is missing. */
export const missingSettings = (env: Environment): string[] => {
  if (usesSimulator(env)) return []
  const reasons = {
    STRAVA_CLIENT_SECRET: 'the secret that belongs to STRAVA_CLIENT_ID',
    AUTH_ISSUER_URL: 'the OIDC issuer people sign in with; without the simulator there is none to fall back on',
  }
  return Object.entries(reasons)
    .filter(([name]) => !isSet(env, name))
    .map(([name, reason]) => `${name}: is required when STRAVA_CLIENT_ID is set (${reason})`)
}

const simulatorSettings = (simulatorUrl: string, webOrigin: string, dataDir: string) => ({
  STRAVA_CLIENT_ID: '12345',
  STRAVA_OAUTH_BASE_URL: simulatorUrl,
  STRAVA_API_BASE_URL: `${simulatorUrl}/api/v3`,
  AUTH_ISSUER_URL: `${simulatorUrl}/oidc`,
  SIMULATOR_PUBLIC_URL: simulatorUrl,
  SIMULATOR_URL: simulatorUrl,
  SIMULATOR_STATE_FILE: join(dataDir, 'simulator.json'),
  WEB_ORIGIN: webOrigin,
})

export interface SystemPlan {
  gatewayUrl: string
  /** null when Strava itself is used. */
  simulatorUrl: string | null
  /** What every service gets beside the user's own settings, apart from its ports and the addresses of the databases. */
  settings: Record<string, string>
}

/** What is no URL is told under its own name, by those who read it. */
const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : url)

/** Decides the settings all processes share. */
export const planSystem = ({ env, ports, secrets, dataDir }: SystemInput): SystemPlan => {
  const gatewayUrl = env.PUBLIC_URL || `http://localhost:${ports.gateway.port}`
  const simulatorUrl = usesSimulator(env) ? `http://localhost:${ports.simulator.port}` : null
  const defaults: Record<string, string> = {
    ...secrets,
    PUBLIC_URL: gatewayUrl,
    WEB_RETURN_URL: `${gatewayUrl}/`,
    AUTH_AUDIENCE: 'slipstream-api',
    // No balancer stands before the gateway here.
    DRAIN_SECONDS: '0',
    ...(simulatorUrl && simulatorSettings(simulatorUrl, originOf(gatewayUrl), dataDir)),
  }
  const settings = Object.entries(defaults).filter(([name]) => !isSet(env, name))
  return { gatewayUrl, simulatorUrl, settings: Object.fromEntries(settings) }
}
