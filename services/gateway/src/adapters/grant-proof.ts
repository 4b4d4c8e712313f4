import type { QuotaLedger } from '@slipstream/quota'
import { type StravaApi, StravaError } from '@slipstream/strava'
import type { GrantProof } from '../domain/ports.ts'

/** One `GET /athlete`, if the quota lets it through: the next sync finds out what this could not. */
export const createGrantProof = ({
  api,
  quota,
}: {
  api: Pick<StravaApi, 'getAthlete'>
  quota: Pick<QuotaLedger, 'take' | 'succeeded' | 'learn'>
}): GrantProof => ({
  isAlive: async ({ accessToken, athleteId }) => {
    const permit = await quota.take({ lane: 'interactive', athleteId })
    if (!permit.granted) return true
    try {
      const answer = await api.getAthlete({ accessToken })
      await quota.succeeded(answer.quota)
      return true
    } catch (error) {
      if (!(error instanceof StravaError)) throw error
      await quota.learn(error.quota)
      return error.kind !== 'access_token_dead'
    }
  },
})
