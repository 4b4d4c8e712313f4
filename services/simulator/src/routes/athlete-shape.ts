import type { Athlete } from '../domain/athletes.ts'

/** SummaryAthlete, as in the answer to a code exchange and in `GET /athlete` without `profile:read_all`. */
export const summaryAthlete = (athlete: Athlete) => ({
  id: athlete.stravaAthleteId,
  username: null,
  resource_state: 2,
  firstname: athlete.firstName,
  lastname: athlete.lastName,
  bio: null,
  city: athlete.city,
  state: null,
  country: athlete.country,
  sex: athlete.sex,
  premium: true,
  summit: true,
  created_at: '2016-03-05T10:11:12Z',
  updated_at: '2026-01-05T10:11:12Z',
  badge_type_id: 1,
  weight: athlete.weightKilograms,
  profile_medium: 'avatar/athlete/medium.png',
  profile: 'avatar/athlete/large.png',
  friend: null,
  follower: null,
})

export const detailedAthlete = (athlete: Athlete) => ({
  ...summaryAthlete(athlete),
  resource_state: 3,
  follower_count: 12,
  friend_count: 15,
  measurement_preference: 'meters',
  ftp: athlete.ftpWatts,
  clubs: [],
  bikes: [],
  shoes: [],
})
