import type { ErrorCode } from '@slipstream/contracts'
import type { Clock, Secret } from '@slipstream/runtime'
import type {
  ActivityPage,
  ListActivitiesOptions,
  QuotaReading,
  StravaAnswer,
  StravaApi,
  StravaAthlete,
  StravaCallOptions,
} from '@slipstream/strava'
import { CredentialMissingError, GrantDeadError, RefreshUnavailableError, SealBrokenError } from '@slipstream/vault'
import type { CallOutcome, CallRequest, CountedCall, OneCall } from './counted-call.ts'
import { NotSentError, outcomeOf, type Waiting, waitIn } from './held-back.ts'
import type { LostGrantCode } from './trouble-table.ts'

// The one way to Strava with an athlete's grant: token, permit, call, and once more with a fresh token where Strava
// refuses the first. What an answer or a failure means is decided here, by the table; callers get values.

export interface GrantRequest extends CallRequest {
  linkId: string
}

/** Strava knows no such thing, or does not show it to this athlete's token. */
interface Absent {
  kind: 'absent'
  /** False: the answer gives no reason, so it may as well be a fault in between. */
  isCertain: boolean
}

export type GateOutcome<Answer> =
  | { kind: 'answered'; answer: Answer }
  | Waiting
  | { kind: 'grant_lost'; code: LostGrantCode }
  | Absent
  /** The link's tokens are not stored: it was just made, or is just being ended. */
  | { kind: 'no_token' }
  /**
   * Strava refuses, with the code that the table gives; or, `app_misconfigured`, the link's tokens do not open: the key
   * that sealed them is missing or wrong, and the operator has to put it right.
   */
  | { kind: 'failed'; code: ErrorCode }

type ListQuery = Pick<ListActivitiesOptions, 'after' | 'before' | 'page' | 'perPage'>

export interface Gate {
  listActivities(request: GrantRequest, query: ListQuery): Promise<Exclude<GateOutcome<ActivityPage>, Absent>>
  getActivity(request: GrantRequest, stravaActivityId: string): Promise<GateOutcome<ActivityPage>>
  getAthlete(request: GrantRequest): Promise<Exclude<GateOutcome<StravaAnswer<StravaAthlete>>, Absent>>
}

export interface GateOptions {
  api: Pick<StravaApi, 'listActivities' | 'getActivity' | 'getAthlete'>
  vault: { accessToken(linkId: string, options?: { rejected?: Secret }): Promise<Secret> }
  countedCall: CountedCall
  /** The Strava athlete of a link; null when the link is gone. What is answered of another is refused. */
  stravaAthleteOf(linkId: string): Promise<string | null>
  clock: Clock
}

/** Another process refreshes the token and takes its time: it will be there soon. */
const tokenRetryMs = 10_000

type TokenOutcome = { kind: 'token'; token: Secret } | Exclude<GateOutcome<never>, { kind: 'answered' | 'absent' }>

export const createGate = (options: GateOptions): Gate => {
  const { api, vault, countedCall, stravaAthleteOf, clock } = options

  const tokenOf = async (linkId: string, rejected: Secret | null): Promise<TokenOutcome> => {
    try {
      return { kind: 'token', token: await vault.accessToken(linkId, rejected ? { rejected } : {}) }
    } catch (error) {
      if (error instanceof GrantDeadError) return { kind: 'grant_lost', code: 'reauth_required' }
      if (error instanceof CredentialMissingError) return { kind: 'no_token' }
      if (error instanceof SealBrokenError) return { kind: 'failed', code: 'app_misconfigured' }
      if (error instanceof NotSentError) throw error.cause
      const wait = waitIn(error)
      if (wait) return outcomeOf(wait, clock.now())
      if (!(error instanceof RefreshUnavailableError)) throw error
      return { kind: 'wait', reason: 'strava', until: new Date(clock.now().getTime() + tokenRetryMs) }
    }
  }

  const endOf = <Answer>(outcome: CallOutcome<Answer>): GateOutcome<Answer> => {
    if (outcome.kind !== 'refused') return outcome
    const { trouble } = outcome
    if (trouble.whose !== 'athlete') return { kind: 'failed', code: 'strava_refuses' }
    if (trouble.means === 'grant_lost') return { kind: 'grant_lost', code: trouble.code }
    return trouble.means === 'absent'
      ? { kind: 'absent', isCertain: outcome.isExplained }
      : { kind: 'failed', code: trouble.code }
  }

  const withToken = async <Answer extends { quota: QuotaReading | null }>(
    { linkId, ...request }: GrantRequest,
    first: TokenOutcome,
    call: Pick<OneCall<Answer>, 'operation' | 'send'>,
  ): Promise<GateOutcome<Answer>> => {
    if (first.kind !== 'token') return first
    const outcome = await countedCall({ ...request, ...call, accessToken: first.token })
    if (outcome.kind !== 'refused' || outcome.failure !== 'access_token_dead') return endOf(outcome)
    const second = await tokenOf(linkId, first.token)
    if (second.kind !== 'token') return second
    return endOf(await countedCall({ ...request, ...call, accessToken: second.token, isTokenFresh: true }))
  }

  /** Said of single activities alone. */
  const neverAbsent = <Answer>(outcome: GateOutcome<Answer>): Exclude<GateOutcome<Answer>, Absent> =>
    outcome.kind === 'absent' ? { kind: 'failed', code: 'strava_refuses' } : outcome

  /** Token and owner have nothing to do with each other. */
  const ofOwner = async <Answer extends { quota: QuotaReading | null }>(
    request: GrantRequest,
    operation: OneCall<Answer>['operation'],
    send: (options: StravaCallOptions & { ownerId?: string }) => Promise<Answer>,
  ): Promise<GateOutcome<Answer>> => {
    const [token, ownerId] = await Promise.all([tokenOf(request.linkId, null), stravaAthleteOf(request.linkId)])
    const owner = ownerId === null ? {} : { ownerId }
    return await withToken(request, token, { operation, send: (options) => send({ ...options, ...owner }) })
  }

  return {
    listActivities: async (request, query) =>
      neverAbsent(await ofOwner(request, 'activities', (options) => api.listActivities({ ...options, ...query }))),
    getAthlete: async (request) =>
      neverAbsent(
        await withToken(request, await tokenOf(request.linkId, null), {
          operation: 'athlete',
          send: (options) => api.getAthlete(options),
        }),
      ),
    getActivity: (request, stravaActivityId) =>
      ofOwner(request, 'activity', (options) => api.getActivity({ ...options, stravaActivityId })),
  }
}
