import type { Collections } from '@slipstream/persistence'
import type { GrantReader } from '../domain/ports.ts'

export const createGrantReader = ({ credentials }: Pick<Collections<'ingestion'>, 'credentials'>): GrantReader => ({
  diedAt: async (linkId) => {
    const dead = await credentials.findOne({ _id: linkId, status: 'dead' }, { diedAt: 1 }).lean()
    return dead?.diedAt ?? null
  },
})
