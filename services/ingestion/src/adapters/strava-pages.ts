import { ThrottledError, TransientError } from '@slipstream/messaging'
import type { QuotaLedger } from '@slipstream/quota'
import { type Clock, Secret } from '@slipstream/runtime'
import { type StravaApi, StravaError } from '@slipstream/strava'
import { SpanKind, withSpan } from '@slipstream/telemetry'
import { CredentialMissingError, GrantDeadError, RefreshUnavailableError, type Vault } from '@slipstream/vault'
import { pageSize } from '../domain/decide-run.ts'
import type { FetchedPage, StravaPages } from '../domain/ports.ts'

type PageRequest = Parameters<StravaPages['fetch']>[0]

/** When the last attempt left: its answer tells of the quota windows of that moment, which may be over by now. */
interface Sent {
  at: Date
}

export interface StravaPagesOptions {
  api: StravaApi
  vault: Vault
  ledger: QuotaLedger
  clock: Clock
}

/** Binds quota, tokens and calls together: one permit per attempt, one forced refresh when a token is refused. */
export const createStravaPages = ({ api, vault, ledger, clock }: StravaPagesOptions): StravaPages => {
  const list = async (request: PageRequest, token: string, sent: Sent) => {
    const page = await withSpan('strava GET /athlete/activities', { kind: SpanKind.CLIENT }, () =>
      api.listActivities({
        accessToken: new Secret(token),
        // Both bounds: with `after` alone Strava lists the oldest first.
        after: request.window.after,
        before: request.window.before,
        page: request.page,
        perPage: pageSize,
        signal: request.signal,
        beforeAttempt: async () => {
          const permit = await ledger.take(request.lane)
          if (!permit.granted) throw new ThrottledError(permit.retryAt)
          sent.at = clock.now()
          request.onCall()
        },
      }),
    )
    await ledger.learn(page.quota, sent.at)
    await ledger.markActive()
    return page
  }

  const listWithToken = async (request: PageRequest, sent: Sent) => {
    const token = await vault.accessToken(request.linkId, {})
    try {
      return await list(request, token, sent)
    } catch (error) {
      if (!(error instanceof StravaError) || error.kind !== 'access_token_dead') throw error
      await ledger.learn(error.quota, sent.at)
      return await list(request, await vault.accessToken(request.linkId, { rejected: token }), sent)
    }
  }

  /** What a failed call means for the run; errors that mean nothing known are passed on as they are. */
  const judge = async (error: unknown, request: PageRequest, sent: Sent): Promise<FetchedPage> => {
    if (error instanceof GrantDeadError) return { kind: 'grant_lost', code: 'reauth_required' }
    if (error instanceof CredentialMissingError) {
      if (request.isLastAttempt) return { kind: 'grant_lost', code: 'reauth_required' }
      throw new TransientError('no token stored yet', { cause: error })
    }
    if (error instanceof RefreshUnavailableError) throw new TransientError('token refresh failed', { cause: error })
    if (!(error instanceof StravaError)) throw error
    if (error.kind === 'rate_limited') throw new ThrottledError(await ledger.close(error.quota, sent.at))
    await ledger.learn(error.quota, sent.at)
    if (error.kind === 'scope_missing') return { kind: 'grant_lost', code: 'scope_missing' }
    if (error.kind === 'app_inactive') {
      await ledger.markInactive()
      throw new ThrottledError((await ledger.read()).opensAt(request.lane))
    }
    if (error.kind === 'transient') throw new TransientError('Strava did not answer properly', { cause: error })
    throw error
  }

  return {
    fetch: async (request) => {
      const sent: Sent = { at: clock.now() }
      try {
        const page = await listWithToken(request, sent)
        return { kind: 'page', activities: page.data, unreadable: page.unreadable }
      } catch (error) {
        return await judge(error, request, sent)
      }
    },
  }
}
