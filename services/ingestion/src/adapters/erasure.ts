import type { Collections } from '@slipstream/persistence'
import type { Erasure } from '../domain/ports.ts'
import { unreadableLettersOf } from './unreadable-keeper.ts'

/** The link ids found in a collection, each once, whose link is gone. */
const linkIdsWithoutLink = [
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
  { $project: { _id: 1 as const } },
]

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
    const found = await Promise.all([
      workouts.aggregate<{ _id: string }>(linkIdsWithoutLink),
      syncRuns.aggregate<{ _id: string }>(linkIdsWithoutLink),
    ])
    return [...new Set(found.flat().map(({ _id }) => _id))]
  },
})
