import type { Profile } from '@slipstream/contracts'
import type { Collections } from '@slipstream/persistence'
import type { ProfileRow } from '@slipstream/records'
import type { Profiles } from '../domain/ports.ts'

const toProfile = ({ displayName, primarySport, weeklyGoalHours, submittedAt }: ProfileRow): Profile => ({
  displayName,
  primarySport,
  weeklyGoalHours,
  submittedAt: submittedAt.toISOString(),
})

export const createProfiles = (profiles: Collections<'gateway'>['profiles']): Profiles => ({
  find: async (athleteId) => {
    const found = await profiles.findById(athleteId).lean()
    return found && toProfile(found)
  },
  submit: async (athleteId, profile, now) => {
    const submitted = await profiles
      .findOneAndUpdate(
        { _id: athleteId },
        { $set: { ...profile, updatedAt: now }, $setOnInsert: { submittedAt: now } },
        { upsert: true, returnDocument: 'after' },
      )
      .lean()
    return toProfile(submitted)
  },
})
