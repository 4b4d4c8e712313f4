import type { Collections } from '@slipstream/persistence'
import type { Erasure } from '../domain/ports.ts'
import { unreadableLettersOf } from './unreadable-keeper.ts'

export const createErasure = ({
  workouts,
  syncRuns,
  fetchTickets,
  deadLetters,
}: Pick<Collections<'ingestion'>, 'workouts' | 'syncRuns' | 'fetchTickets' | 'deadLetters'>): Erasure => ({
  eraseLink: async (linkId) => {
    // Runs first: a worker that still holds one loses it with the document and commits nothing more.
    const runs = await syncRuns.deleteMany({ linkId })
    const erased = await workouts.deleteMany({ linkId })
    await fetchTickets.deleteOne({ _id: linkId })
    await deadLetters.deleteMany(unreadableLettersOf(linkId))
    return { workouts: erased.deletedCount, sync_runs: runs.deletedCount }
  },

  orphans: async () => {
    const found = await workouts.aggregate<{ _id: string }>([
      { $group: { _id: '$linkId' } },
      {
        $lookup: {
          from: 'links',
          localField: '_id',
          foreignField: '_id',
          pipeline: [{ $project: { _id: 1 } }],
          as: 'link',
        },
      },
      { $match: { link: [] } },
      { $project: { _id: 1 } },
    ])
    return found.map(({ _id }) => _id)
  },
})
