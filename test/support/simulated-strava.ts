import type { Simulator } from '../../services/simulator/src/service.ts'

/** The settings of a service that signs people in and calls Strava at the simulator. */
export const simulatedStrava = ({ url, issuerUrl }: Pick<Simulator, 'url' | 'issuerUrl'>) => ({
  AUTH_ISSUER_URL: issuerUrl,
  AUTH_AUDIENCE: 'slipstream-api',
  STRAVA_CLIENT_ID: '12345',
  STRAVA_CLIENT_SECRET: 'simulator-secret',
  STRAVA_OAUTH_BASE_URL: url,
  STRAVA_API_BASE_URL: `${url}/api/v3`,
})
