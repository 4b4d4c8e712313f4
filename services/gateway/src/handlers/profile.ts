import { type Profile, profileSubmissionSchema, type Summary, type TrainingLoad } from '@slipstream/contracts'
import type { Clock } from '@slipstream/runtime'
import type { Profiles } from '../domain/ports.ts'
import { readBody } from '../http/read.ts'
import type { AthleteRoute } from '../http/route.ts'
import type { ReadStatus } from './status.ts'
import type { ReadWorkouts } from './workouts.ts'

export interface ProfileDeps {
  profiles: Profiles
  readStatus: ReadStatus
  readLoad: (athleteId: string) => Promise<TrainingLoad>
  readWorkouts: ReadWorkouts
  readSportTypes: (athleteId: string) => Promise<string[]>
  clock: Clock
}

export const notSubmitted: Profile = { displayName: null, primarySport: null, weeklyGoalHours: null, submittedAt: null }

const recentCount = 10

export const profileRoutes = ({
  profiles,
  readStatus,
  readLoad,
  readWorkouts,
  readSportTypes,
  clock,
}: ProfileDeps): AthleteRoute[] => {
  const readProfile = async (athleteId: string) => (await profiles.find(athleteId)) ?? notSubmitted
  return [
    {
      method: 'get',
      path: '/api/v1/profile',
      access: 'athlete',
      handle: async (_request, response, { athleteId }) => {
        response.json(await readProfile(athleteId))
      },
    },
    {
      method: 'put',
      path: '/api/v1/profile',
      access: 'athlete',
      handle: async (request, response, { athleteId }) => {
        const submission = readBody(profileSubmissionSchema, request)
        response.json(await profiles.submit(athleteId, submission, clock.now()))
      },
    },
    {
      method: 'get',
      path: '/api/v1/profile/summary',
      access: 'athlete',
      handle: async (_request, response, { athleteId }) => {
        const [profile, strava, load, { items }, sportTypes] = await Promise.all([
          readProfile(athleteId),
          readStatus(athleteId),
          readLoad(athleteId),
          readWorkouts(athleteId, { limit: recentCount }),
          readSportTypes(athleteId),
        ])
        const summary: Summary = { profile, strava, load, recentWorkouts: items, sportTypes }
        response.json(summary)
      },
    },
  ]
}
