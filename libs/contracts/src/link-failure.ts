import type { ActionableError } from './api.ts'
import type { ErrorCode } from './error-catalogue.ts'

/** An error with what was being done in mind. `wayOut`: what to do, in place of who acts by the catalogue. */
export type ShownError = ActionableError & { wayOut?: string }

const again = 'Nothing was linked. Press Connect with Strava again in a few minutes.'
const afterOperator =
  'Nothing was linked. The operator of this service has to act first; press Connect with Strava again after that.'

/** The catalogue speaks of a connection that goes on by itself; where none came about, somebody has to begin again. */
const failures: Partial<Record<ErrorCode, Pick<ShownError, 'detail' | 'wayOut'>>> = {
  strava_unavailable: { detail: 'Strava did not answer properly.', wayOut: again },
  quota_exhausted: { detail: 'The share of requests Strava allows is used up for now.', wayOut: again },
  too_many_requests: { detail: 'How often each athlete may ask is limited.', wayOut: again },
  request_in_progress: { detail: 'A request of this attempt is still being worked on.', wayOut: again },
  service_unavailable: { detail: 'A part this needs is not reachable right now.', wayOut: again },
  internal_error: { detail: 'The problem was recorded.', wayOut: again },
  app_full: {
    detail: 'Strava limits how many athletes this application may link, and all places are taken.',
    wayOut: afterOperator,
  },
  app_inactive: {
    detail: 'The application is inactive at Strava, usually because the developer subscription lapsed.',
    wayOut: afterOperator,
  },
  app_misconfigured: {
    detail: 'Strava refuses the application’s own credentials, or a key that opens stored tokens is missing.',
    wayOut: afterOperator,
  },
  endpoint_closed: {
    detail: 'Strava no longer lets this application ask for activities.',
    wayOut: afterOperator,
  },
}

/** The error as it reads to somebody who was connecting Strava. */
export const linkFailure = (error: ActionableError): ShownError => ({ ...error, ...failures[error.code] })
