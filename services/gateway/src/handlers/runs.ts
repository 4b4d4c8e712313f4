import { type RunPage, runsQuerySchema } from '@slipstream/contracts'
import { decodeCursor, encodeCursor } from '../domain/cursor.ts'
import { describeRun } from '../domain/describe-run.ts'
import type { Links, SyncView } from '../domain/ports.ts'
import { readQuery } from '../http/read.ts'
import type { AthleteRoute } from '../http/route.ts'

export interface RunsDeps {
  links: Pick<Links, 'ofAthlete'>
  syncView: Pick<SyncView, 'newest'>
}

/** What was done for an athlete and why, newest first: answers "why is my ride not here?". */
export const runsRoute = ({ links, syncView }: RunsDeps): AthleteRoute => ({
  method: 'get',
  path: '/api/v1/strava/runs',
  access: 'athlete',
  handle: async (request, response, { athleteId }) => {
    const { limit, cursor } = readQuery(runsQuerySchema, request)
    const after = cursor === undefined ? null : decodeCursor(cursor)
    const link = await links.ofAthlete(athleteId)
    // One more than asked for tells whether there is a next page.
    const found = link ? await syncView.newest(link, after, limit + 1) : []
    const runs = found.slice(0, limit)
    const last = found.length > limit ? runs.at(-1) : undefined
    const page: RunPage = {
      items: runs.map(describeRun),
      nextCursor: last ? encodeCursor({ at: last.requestedAt, id: last.runId }) : null,
    }
    response.json(page)
  },
})
