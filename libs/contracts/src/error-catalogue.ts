/** Who has to do something about an error. */
export type Actor = 'athlete' | 'operator' | 'nobody'

/** What the acting person can press or do; a client shows its own button for it. */
export type Action =
  | 'submit_profile'
  | 'connect'
  | 'reconnect'
  | 'disconnect_other'
  | 'sign_in'
  | 'fix_request'
  | 'contact_support'
  | 'wait'

export interface CatalogueEntry {
  readonly status: number
  readonly title: string
  readonly detail: string
  readonly actor: Actor
  readonly action: Action
  /** Where the action is taken: a path of the gateway's page or an address at Strava; null when there is none. */
  readonly actionUrl: string | null
}

const entry = (
  status: number,
  actor: Actor,
  action: Action,
  title: string,
  detail: string,
  actionUrl: string | null = null,
): CatalogueEntry => ({ status, actor, action, title, detail, actionUrl })

/** Every error a person can meet. The same entry feeds API, page, mobile step, metric labels and docs. */
export const errorCatalogue = {
  profile_required: entry(
    409,
    'athlete',
    'submit_profile',
    'Fill in your profile first',
    'Strava can be linked once your profile is submitted.',
    '/#profile',
  ),
  link_token_invalid: entry(
    400,
    'athlete',
    'connect',
    'This connect link does not work',
    'The link was used before, belongs to another browser or never existed. Press Connect with Strava again.',
    '/#connect',
  ),
  link_expired: entry(
    410,
    'athlete',
    'connect',
    'Connecting took too long',
    'The attempt to link Strava expired. Press Connect with Strava again.',
    '/#connect',
  ),
  consent_denied: entry(
    403,
    'athlete',
    'connect',
    'You did not give access',
    'Access was refused on the Strava page, so nothing was linked. Connect again whenever you like.',
    '/#connect',
  ),
  scope_missing: entry(
    403,
    'athlete',
    'connect',
    'A permission is missing',
    'Connect again and leave every box ticked on the Strava page: without access to all your activities your workouts cannot be read.',
    '/#connect',
  ),
  strava_account_in_use: entry(
    409,
    'athlete',
    'disconnect_other',
    'This Strava account is linked elsewhere',
    'Another athlete here is already linked to this Strava account. If that is you, disconnect it there first. To use another Strava account, log out at strava.com and press Connect with Strava again: Strava then asks which account to use.',
    '/#connect',
  ),
  different_strava_account: entry(
    409,
    'athlete',
    'disconnect_other',
    'Another Strava account is already linked',
    'You are linked to a different Strava account. To stay with that one, log out at strava.com, log in with it and press Connect with Strava again: Strava then asks which account to use. To change to this one, disconnect the other here first.',
    '/#connect',
  ),
  app_full: entry(
    409,
    'operator',
    'contact_support',
    'No free place for another athlete',
    'Strava limits how many athletes this application may link, and all places are taken. The operator has to free or raise them.',
    'https://www.strava.com/settings/api',
  ),
  app_inactive: entry(
    503,
    'operator',
    'contact_support',
    'Strava has switched this application off',
    'The application is inactive at Strava, usually because the developer subscription lapsed. The operator has to reactivate it; Strava accounts that are connected stay connected.',
    'https://www.strava.com/settings/api',
  ),
  app_misconfigured: entry(
    503,
    'operator',
    'contact_support',
    'This application is set up wrongly',
    'Strava refuses the application’s own credentials, or a key that opens stored tokens is missing. The operator has to check client id, secret and token keys; Strava accounts that are connected stay connected.',
    'https://www.strava.com/settings/api',
  ),
  endpoint_closed: entry(
    503,
    'operator',
    'contact_support',
    'Strava has closed what this application needs',
    'Strava no longer lets this application ask for activities. The operator has to look at the terms and settings of the application; Strava accounts that are connected stay connected.',
    'https://www.strava.com/settings/api',
  ),
  strava_refuses: entry(
    503,
    'operator',
    'contact_support',
    'Strava has refused your activities for a day',
    'Requests for your activities have failed for a day and Strava does not say why, while those of others may work. Connecting Strava again may help; if it does not, the operator has to look into it.',
    '/#connect',
  ),
  reauth_required: entry(
    409,
    'athlete',
    'reconnect',
    'Strava no longer accepts our access',
    'Access was revoked or has expired at Strava. Connect again to go on receiving workouts.',
    '/#connect',
  ),
  quota_exhausted: entry(
    503,
    'nobody',
    'wait',
    'Strava asks us to wait',
    'The share of requests Strava allows is used up for now. Syncing goes on by itself when it opens again; if you were just connecting, try again in a few minutes.',
  ),
  strava_unavailable: entry(
    503,
    'nobody',
    'wait',
    'Strava cannot be reached',
    'Strava did not answer properly. Syncing goes on by itself; if you were just connecting, try again in a moment.',
  ),
  not_linked: entry(409, 'athlete', 'connect', 'Strava is not linked', 'Link a Strava account first.', '/#connect'),
  result_invalid: entry(
    400,
    'athlete',
    'connect',
    'This linking attempt cannot be completed',
    'The result code is unknown, expired, already used or belongs to someone else. Start linking again in the app.',
    '/#connect',
  ),
  unauthorized: entry(
    401,
    'athlete',
    'sign_in',
    'Sign in first',
    'A valid access token is needed in the Authorization header.',
    '/',
  ),
  forbidden: entry(403, 'operator', 'contact_support', 'Not allowed', 'Your account lacks the role this needs.'),
  invalid_request: entry(
    400,
    'nobody',
    'fix_request',
    'The request is not valid',
    'One or more values are missing or wrong; each is listed under errors.',
  ),
  not_found: entry(404, 'nobody', 'fix_request', 'Not found', 'There is nothing at this address.'),
  method_not_allowed: entry(
    405,
    'nobody',
    'fix_request',
    'Method not allowed',
    'This address does not take this method.',
  ),
  payload_too_large: entry(413, 'nobody', 'fix_request', 'The request is too large', 'Send a smaller body.'),
  unsupported_media_type: entry(
    415,
    'nobody',
    'fix_request',
    'Unsupported media type',
    'Send JSON with Content-Type: application/json.',
  ),
  too_many_requests: entry(
    429,
    'nobody',
    'wait',
    'You have asked often in a short time',
    'How often each athlete may ask is limited, and so is their share of the requests Strava allows. Nothing is lost and your workouts are still kept up to date; ask again a little later.',
  ),
  request_in_progress: entry(
    409,
    'nobody',
    'wait',
    'The same request is still being worked on',
    'A request with this Idempotency-Key has come before and has no answer yet. Send it again in a moment.',
  ),
  idempotency_key_reused: entry(
    422,
    'nobody',
    'fix_request',
    'This Idempotency-Key belongs to another request',
    'The key in the Idempotency-Key header came with another body before. Use a new key for each new request.',
  ),
  internal_error: entry(
    500,
    'operator',
    'contact_support',
    'Something went wrong on our side',
    'The problem was recorded. Try again in a moment.',
  ),
  service_unavailable: entry(
    503,
    'nobody',
    'wait',
    'The service is briefly unavailable',
    'A part this needs is not reachable right now. Try again in a moment.',
  ),
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof errorCatalogue
export const errorCodes = Object.keys(errorCatalogue) as [ErrorCode, ...ErrorCode[]]
