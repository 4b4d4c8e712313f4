import type { ErrorCode } from '@slipstream/contracts'
import type { Showing } from '@slipstream/quota'
import type { FailureKind } from '@slipstream/strava'
import type { RefreshVerdict } from '@slipstream/vault'

interface CommonTrouble {
  /** What is shown to people while it lasts: an entry of the error catalogue, which says who must act. */
  code: ErrorCode
  /** What the failure of a refresh means for the grant. */
  atRefresh: RefreshVerdict['kind']
}

/** Why a grant cannot be used any more; an entry of the error catalogue. */
export type LostGrantCode = 'reauth_required' | 'scope_missing'

/** Strava answers, and refuses this athlete. Nobody else waits for it. */
type AthleteTrouble = CommonTrouble & { whose: 'athlete' } & (
    | { means: 'grant_lost'; code: LostGrantCode }
    /** The call is made again with a fresh token; the thing is not there; or the call is refused, and that is all. */
    | { means: 'token_refused' | 'absent' | 'refused' }
  )

/** The whole app is refused: its calls stop once, not once per athlete, and the reason is told to the operator. */
interface AppTrouble extends CommonTrouble {
  whose: 'app'
  shows: Exclude<Showing, 'works' | 'nothing'>
}

/** Nothing can be concluded: five in a row of several athletes stop this kind of call, one athlete alone waits alone. */
interface UnknownTrouble extends CommonTrouble {
  whose: 'unknown'
}

export type Trouble = AthleteTrouble | AppTrouble | UnknownTrouble

/** Whose trouble each kind of failure is. Total: a kind that is missing here does not compile. */
export const troubleTable: Readonly<Record<FailureKind, Trouble>> = {
  access_token_dead: { whose: 'athlete', means: 'token_refused', code: 'strava_refuses', atRefresh: 'refused' },
  refresh_token_dead: { whose: 'athlete', means: 'grant_lost', code: 'reauth_required', atRefresh: 'dead' },
  scope_missing: { whose: 'athlete', means: 'grant_lost', code: 'scope_missing', atRefresh: 'refused' },
  not_found: { whose: 'athlete', means: 'absent', code: 'not_found', atRefresh: 'refused' },
  code_invalid: { whose: 'athlete', means: 'refused', code: 'link_expired', atRefresh: 'refused' },

  app_inactive: { whose: 'app', shows: 'inactive', code: 'app_inactive', atRefresh: 'passed_on' },
  client_credentials_invalid: {
    whose: 'app',
    shows: 'credentials',
    code: 'app_misconfigured',
    atRefresh: 'passed_on',
  },
  endpoint_closed: { whose: 'app', shows: 'endpoint', code: 'endpoint_closed', atRefresh: 'passed_on' },
  rate_limited: { whose: 'app', shows: 'rate_limited', code: 'quota_exhausted', atRefresh: 'passed_on' },
  // No further athlete may link; those who have are served.
  athlete_limit_reached: { whose: 'app', shows: 'answers', code: 'app_full', atRefresh: 'refused' },

  transient: { whose: 'unknown', code: 'strava_unavailable', atRefresh: 'transient' },
  unexpected: { whose: 'unknown', code: 'strava_unavailable', atRefresh: 'refused' },
}

/** What such a failure tells the ledger. */
export const showingOf = (trouble: Trouble): Showing => {
  if (trouble.whose === 'unknown') return 'nothing'
  return trouble.whose === 'athlete' ? 'answers' : trouble.shows
}
