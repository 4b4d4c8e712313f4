import type { CountedCall } from '@slipstream/gate'
import type { StravaApi } from '@slipstream/strava'
import type { GrantProof } from '../domain/ports.ts'

/** One `GET /athlete`, if the quota lets it through: the next sync finds out what this could not. */
export const createGrantProof = ({
  api,
  countedCall,
}: {
  api: Pick<StravaApi, 'getAthlete'>
  countedCall: CountedCall
}): GrantProof => ({
  isAlive: async ({ accessToken, athleteId }) => {
    const outcome = await countedCall({
      ...{ operation: 'athlete', lane: 'interactive', athleteId, accessToken },
      send: (options) => api.getAthlete(options),
    })
    return outcome.kind !== 'refused' || outcome.failure !== 'access_token_dead'
  },
})
