import { ThrottledError, TransientError } from '@slipstream/messaging'
import type { QuotaLedger } from '@slipstream/quota'
import type { Clock, Secret } from '@slipstream/runtime'
import { type StravaApi, StravaError } from '@slipstream/strava'
import { SpanKind, withSpan } from '@slipstream/telemetry'
import { CredentialMissingError, GrantDeadError, RefreshUnavailableError, type Vault } from '@slipstream/vault'
import { pageSize } from '../domain/list-cursor.ts'
import type { FetchedPage, StravaPages } from '../domain/ports.ts'

type PageRequest = Parameters<StravaPages['fetch']>[0]

/** What one fetch carries from attempt to attempt. */
interface Trip {
  /** Until when the permit taken for the next attempt is good; null when that is still to be taken. */
  permitUntil: Date | null
  /** When the last attempt left: its answer tells of the quota windows of that moment, which may be over by now. */
  sentAt: Date
}

export interface StravaPagesOptions {
  api: StravaApi
  vault: Vault
  ledger: QuotaLedger
  clock: Clock
}

/** The call to Strava that failed, be it the one for a fresh token; null where none did. */
const failedCallIn = (error: unknown): StravaError | null => {
  const isWrapped = error instanceof RefreshUnavailableError || error instanceof GrantDeadError
  const inner = isWrapped ? error.cause : error
  return inner instanceof StravaError ? inner : null
}

/** Did Strava not answer, or with a 5xx? A refresh that names no cause was waited for too long. */
const isOutage = (error: unknown): boolean =>
  failedCallIn(error)?.kind === 'transient' || (error instanceof RefreshUnavailableError && error.cause === undefined)

/** Binds quota, tokens and calls together: one permit per attempt, one forced refresh when a token is refused. */
export const createStravaPages = ({ api, vault, ledger, clock }: StravaPagesOptions): StravaPages => {
  const takePermit = async ({ lane, athleteId, isFirstImport }: PageRequest, trip: Trip) => {
    const permit = await ledger.take({ lane, athleteId, isFirstImport })
    if (!permit.granted) throw new ThrottledError(permit.retryAt)
    trip.permitUntil = permit.validUntil
  }

  /** The token may have to be fetched from Strava itself, so the permit comes first. */
  const permittedToken = async (request: PageRequest, trip: Trip, options: { rejected?: Secret } = {}) => {
    await takePermit(request, trip)
    return await vault.accessToken(request.linkId, options)
  }

  const depart = async (request: PageRequest, trip: Trip) => {
    // The permit is spent: an attempt of the same call left before, failed in passing and is made again.
    if (!trip.permitUntil) await ledger.failed(null, trip.sentAt)
    if (!trip.permitUntil || trip.permitUntil <= clock.now()) await takePermit(request, trip)
    trip.permitUntil = null
    trip.sentAt = clock.now()
    request.onCall()
  }

  const list = async (request: PageRequest, token: Secret, trip: Trip) => {
    const page = await withSpan('strava GET /athlete/activities', { kind: SpanKind.CLIENT }, () =>
      api.listActivities({
        accessToken: token,
        // Both bounds: with `after` alone Strava lists the oldest first.
        ...request.query,
        perPage: pageSize,
        signal: request.signal,
        beforeAttempt: () => depart(request, trip),
      }),
    )
    await ledger.succeeded(page.quota, trip.sentAt)
    return page
  }

  const listWithToken = async (request: PageRequest, trip: Trip) => {
    const token = await permittedToken(request, trip)
    try {
      return await list(request, token, trip)
    } catch (error) {
      if (!(error instanceof StravaError) || error.kind !== 'access_token_dead') throw error
      await ledger.learn(error.quota, trip.sentAt)
      return await list(request, await permittedToken(request, trip, { rejected: token }), trip)
    }
  }

  /** Tells the ledger, and so all replicas, what a failure says about Strava itself. @throws ThrottledError if they have to wait */
  const tellLedger = async (error: unknown, request: PageRequest, { sentAt }: Trip): Promise<void> => {
    const call = failedCallIn(error)
    if (isOutage(error)) {
      const probeAt = await ledger.failed(call?.quota ?? null, sentAt)
      if (probeAt) throw new ThrottledError(probeAt)
    } else if (call?.kind === 'rate_limited') {
      throw new ThrottledError(await ledger.close(call.quota, sentAt))
    } else if (call?.kind === 'app_inactive') {
      await ledger.learn(call.quota, sentAt)
      await ledger.markInactive()
      throw new ThrottledError((await ledger.read()).opensAt(request.lane))
    } else if (call && call.httpStatus !== null) await ledger.learn(call.quota, sentAt)
  }

  /** What a failure means for the run; errors that mean nothing known are passed on as they are. */
  const judge = (error: unknown, request: PageRequest): FetchedPage => {
    if (error instanceof GrantDeadError) return { kind: 'grant_lost', code: 'reauth_required' }
    if (error instanceof CredentialMissingError) {
      if (request.isLastAttempt) return { kind: 'grant_lost', code: 'reauth_required' }
      throw new TransientError('no token stored yet', { cause: error })
    }
    if (error instanceof RefreshUnavailableError) throw new TransientError('token refresh failed', { cause: error })
    if (!(error instanceof StravaError)) throw error
    if (error.kind === 'scope_missing') return { kind: 'grant_lost', code: 'scope_missing' }
    if (error.kind === 'transient') throw new TransientError('Strava did not answer properly', { cause: error })
    throw error
  }

  return {
    fetch: async (request) => {
      const trip: Trip = { permitUntil: null, sentAt: clock.now() }
      try {
        const page = await listWithToken(request, trip)
        return { kind: 'page', activities: page.data, unreadable: page.unreadable }
      } catch (error) {
        await tellLedger(error, request, trip)
        return judge(error, request)
      }
    },
  }
}
