import { behindPlace, type Collections } from '@slipstream/persistence'
import type { ChangeSource } from '@slipstream/records'
import type { LostGrant } from '../domain/model.ts'

const outcome = 'reauth_required' as const
const fields = { athleteId: 1, linkId: 1, errorCode: 1, finishedAt: 1, grantLostAt: 1 } as const

/** Runs that ended because the grant was lost, in that order; written by ingestion. */
export const createLostGrants = ({ syncRuns }: Pick<Collections<'gateway'>, 'syncRuns'>): ChangeSource<LostGrant> => ({
  behind: async (place, limit) => {
    const { filter, sort } = behindPlace('finishedAt', place)
    return await syncRuns
      .find({ outcome, ...filter }, fields)
      .sort(sort)
      .limit(limit)
      .lean<LostGrant[]>()
  },
  placeOf: ({ _id, finishedAt }) => ({ time: finishedAt ?? new Date(0), id: _id }),
})
