import type { CountedCall } from '@slipstream/gate'
import type { ApiOperation } from '@slipstream/quota'
import type { Secret } from '@slipstream/runtime'
import type { QuotaReading, StravaApi, StravaCallOptions } from '@slipstream/strava'
import type { GrantProof } from '../domain/ports.ts'

/** A person waits. */
const askForMs = 4_000

/** One call each, if the quota lets it through: the next sync finds out what this could not. */
export const createGrantProof = ({
  api,
  countedCall,
}: {
  api: Pick<StravaApi, 'getAthlete' | 'listActivities'>
  countedCall: CountedCall
}): GrantProof => {
  const ask = async <Answer extends { quota: QuotaReading | null }>(
    operation: ApiOperation,
    grant: { accessToken: Secret; athleteId: string },
    send: (options: StravaCallOptions) => Promise<Answer>,
  ) => {
    const signal = AbortSignal.timeout(askForMs)
    try {
      return await countedCall({ operation, lane: 'interactive', ...grant, signal, send })
    } catch (error) {
      if (signal.aborted) return null
      throw error
    }
  }
  const isRefused = (outcome: Awaited<ReturnType<typeof ask>>, failure: 'access_token_dead' | 'scope_missing') =>
    outcome?.kind === 'refused' && outcome.failure === failure

  return {
    isAlive: async (grant) => !isRefused(await ask('athlete', grant, api.getAthlete), 'access_token_dead'),
    readsActivities: async (grant) => {
      const list = (options: StravaCallOptions) => api.listActivities({ ...options, page: 1, perPage: 1 })
      const outcome = await ask('activities', grant, list)
      if (outcome?.kind === 'answered') return true
      return isRefused(outcome, 'scope_missing') ? false : null
    },
    athleteOf: async (grant) => {
      const outcome = await ask('athlete', grant, api.getAthlete)
      return outcome?.kind === 'answered' ? outcome.answer.data : null
    },
  }
}
