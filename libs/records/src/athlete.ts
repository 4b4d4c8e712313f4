import type { Profile } from '@slipstream/contracts'

/** One person, known by what the host's issuer says of them. `_id` is the athleteId. */
export interface AthleteRow {
  _id: string
  issuer: string
  subject: string
  createdAt: Date
}

/** A submitted profile. `_id` is the athleteId. */
export interface ProfileRow extends Pick<Profile, 'weeklyGoalHours'> {
  _id: string
  displayName: string
  primarySport: string
  submittedAt: Date
  updatedAt: Date
}
