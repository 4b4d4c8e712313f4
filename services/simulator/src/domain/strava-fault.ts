/** Strava's error body. Not RFC 6749: `invalid_grant` never appears. */
export interface StravaFault {
  readonly status: number
  readonly message: string
  readonly errors: readonly { readonly resource: string; readonly field: string; readonly code: string }[]
}

const fault = (status: number, message: string, resource: string, field: string, code: string): StravaFault => ({
  status,
  message,
  errors: [{ resource, field, code }],
})

const badRequest = (resource: string, field: string, code = 'invalid') =>
  fault(400, 'Bad Request', resource, field, code)
const unauthorized = (resource: string, field: string, code = 'invalid') =>
  fault(401, 'Authorization Error', resource, field, code)

/** Every refusal the simulator knows, in the shapes that have been seen at Strava. */
export const refusals = {
  unknownClient: badRequest('Application', 'client_id'),
  wrongClientSecret: unauthorized('Application', ''),
  redirectUri: badRequest('Application', 'redirect_uri'),
  responseType: badRequest('Authorize', 'response_type'),
  scope: badRequest('Authorize', 'scope'),
  grantType: badRequest('Application', 'grant_type'),
  code: badRequest('AuthorizationCode', 'code'),
  refreshToken: badRequest('RefreshToken', 'refresh_token'),
  tokenMissing: badRequest('Application', 'token', 'missing'),
  basicAuthorization: { status: 401, message: 'Authorization Error', errors: [] },
  accessToken: unauthorized('Athlete', 'access_token'),
  scopeMissing: (permission: string) => unauthorized('AccessToken', `${permission}_permission`, 'missing'),
  endpointClosed: unauthorized('Application', 'internal'),
  appInactive: fault(403, 'Forbidden', 'Application', 'Status', 'Inactive'),
  pageNumber: badRequest('Application', 'page'),
  pageLength: badRequest('Application', 'per_page', 'per page limit exceeded'),
  timeFilter: (field: string) => badRequest('Application', field),
  activityNotFound: fault(404, 'Resource Not Found', 'Activity', '', 'not found'),
  pathNotFound: fault(404, 'Record Not Found', 'resource', 'path', 'invalid'),
  rateLimited: (bucket: 'overall' | 'read') =>
    fault(429, 'Rate Limit Exceeded', 'Application', `${bucket} rate limit`, 'exceeded'),
  brokenActivity: { status: 500, message: 'error', errors: [] },
  subscriptionExists: badRequest('PushSubscription', 'callback url', 'already exists'),
  subscriptionCallback: badRequest('PushSubscription', 'callback url'),
  subscriptionStatus: badRequest('PushSubscription', 'callback url', 'GET to callback URL does not return 200'),
  subscriptionChallenge: badRequest('PushSubscription', 'callback url', 'not verifiable'),
  subscriptionNotFound: fault(404, 'Record Not Found', 'PushSubscription', 'id', 'invalid'),
} as const satisfies Record<string, StravaFault | ((argument: never) => StravaFault)>

/** What a forced status looks like: the body Strava usually sends with it. */
export const faultForStatus = (status: number): StravaFault => {
  switch (status) {
    case 401:
      return refusals.accessToken
    case 403:
      return refusals.appInactive
    case 404:
      return refusals.activityNotFound
    case 429:
      return refusals.rateLimited('overall')
    case 500:
      return refusals.brokenActivity
    default:
      return { status, message: 'error', errors: [] }
  }
}
