import type { TrainingLoad } from '@slipstream/contracts'
import type { Clock } from '@slipstream/runtime'
import type { Links, Workouts } from '../domain/ports.ts'
import { loadWindowStart, trainingLoad } from '../domain/training-load.ts'
import type { AthleteRoute } from '../http/route.ts'

export interface TrainingLoadDeps {
  links: Pick<Links, 'ofAthlete'>
  workouts: Pick<Workouts, 'list'>
  clock: Clock
}

/** More than anyone does in a month; keeps the answer bounded. */
const maxWorkouts = 2_000

export const createLoadReader =
  ({ links, workouts, clock }: TrainingLoadDeps) =>
  async (athleteId: string): Promise<TrainingLoad> => {
    const now = clock.now()
    const link = await links.ofAthlete(athleteId)
    const found = link
      ? await workouts.list({
          linkId: link.linkId,
          from: loadWindowStart(now),
          to: null,
          sportType: null,
          after: null,
          limit: maxWorkouts,
        })
      : []
    return trainingLoad(found, now)
  }

export const trainingLoadRoute = (readLoad: (athleteId: string) => Promise<TrainingLoad>): AthleteRoute => ({
  method: 'get',
  path: '/api/v1/training-load',
  access: 'athlete',
  handle: async (_request, response, { athleteId }) => {
    response.json(await readLoad(athleteId))
  },
})
