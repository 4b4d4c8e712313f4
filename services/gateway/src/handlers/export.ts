import type { Export, Run, Workout } from '@slipstream/contracts'
import type { Clock } from '@slipstream/runtime'
import { describeRun } from '../domain/describe-run.ts'
import type { Links, Profiles, Receipts, SyncView } from '../domain/ports.ts'
import type { AthleteRoute } from '../http/route.ts'
import { notSubmitted } from './profile.ts'
import type { ReadStatus } from './status.ts'
import { mostReceipts, toReceipt } from './unlink.ts'
import type { ReadWorkouts } from './workouts.ts'

export interface ExportDeps {
  profiles: Pick<Profiles, 'find'>
  links: Pick<Links, 'ofAthlete'>
  receipts: Pick<Receipts, 'newest'>
  syncView: Pick<SyncView, 'newest'>
  readStatus: ReadStatus
  readWorkouts: ReadWorkouts
  clock: Clock
}

const pageSize = 200

const allWorkouts = async (readWorkouts: ReadWorkouts, athleteId: string): Promise<Workout[]> => {
  const all: Workout[] = []
  let cursor: string | undefined
  do {
    const { items, nextCursor } = await readWorkouts(athleteId, { limit: pageSize, ...(cursor && { cursor }) })
    all.push(...items)
    cursor = nextCursor ?? undefined
  } while (cursor)
  return all
}

const allRuns = async ({ links, syncView }: ExportDeps, athleteId: string): Promise<Run[]> => {
  const link = await links.ofAthlete(athleteId)
  const all: Run[] = []
  let after: Parameters<SyncView['newest']>[1] = null
  for (let isMore = link !== null; isMore && link; ) {
    const found = await syncView.newest(link, after, pageSize)
    all.push(...found.map(describeRun))
    const last = found.at(-1)
    isMore = found.length === pageSize
    if (last) after = { at: last.requestedAt, id: last.runId }
  }
  return all
}

/** What an athlete may ask for at any time: everything that is held about them, in the words of the API. */
export const exportRoute = (deps: ExportDeps): AthleteRoute => ({
  method: 'get',
  path: '/api/v1/export',
  access: 'athlete',
  handle: async (_request, response, { athleteId }) => {
    const { profiles, receipts, readStatus, readWorkouts, clock } = deps
    const [profile, strava, workouts, runs, held] = await Promise.all([
      profiles.find(athleteId),
      readStatus(athleteId),
      allWorkouts(readWorkouts, athleteId),
      allRuns(deps, athleteId),
      receipts.newest(athleteId, mostReceipts),
    ])
    const everything: Export = {
      exportedAt: clock.now().toISOString(),
      athleteId,
      profile: profile ?? notSubmitted,
      ...{ strava, workouts, runs },
      receipts: held.map(toReceipt),
    }
    response.set('Content-Disposition', 'attachment; filename="slipstream-export.json"').json(everything)
  },
})
