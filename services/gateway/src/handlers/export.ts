import { type Export, mostExported } from '@slipstream/contracts'
import type { Clock } from '@slipstream/runtime'
import type { Cursor } from '../domain/cursor.ts'
import { describeRun } from '../domain/describe-run.ts'
import type { Link } from '../domain/model.ts'
import type { Inbox, Links, Profiles, Receipts, SetAsides, SyncView, Workouts } from '../domain/ports.ts'
import type { AthleteRoute } from '../http/route.ts'
import { notSubmitted } from './profile.ts'
import type { ReadStatusOf } from './status.ts'
import { mostReceipts, toReceipt } from './unlink.ts'

export interface ExportDeps {
  profiles: Pick<Profiles, 'find'>
  links: Pick<Links, 'ofAthlete'>
  receipts: Pick<Receipts, 'newest'>
  syncView: Pick<SyncView, 'newest'>
  workouts: Pick<Workouts, 'list'>
  inbox: Pick<Inbox, 'toldOf'>
  setAsides: Pick<SetAsides, 'newest'>
  readStatusOf: ReadStatusOf
  clock: Clock
}

const pageSize = 200

/** Page after page, each behind the last item of the one before. */
const allPages = async <Item>(
  readBehind: (after: Cursor | null) => Promise<Item[]>,
  placeOf: (item: Item) => Cursor,
): Promise<Item[]> => {
  const all: Item[] = []
  let after: Cursor | null = null
  for (;;) {
    const page: Item[] = await readBehind(after)
    all.push(...page)
    const last = page.at(-1)
    if (!last || page.length < pageSize) return all
    after = placeOf(last)
  }
}

const allWorkouts = ({ workouts }: ExportDeps, { linkId }: Link) =>
  allPages(
    (after) => workouts.list({ linkId, from: null, to: null, sportType: null, after, limit: pageSize }),
    ({ startedAt, id }) => ({ at: new Date(startedAt), id }),
  )

const allRuns = async ({ syncView }: ExportDeps, link: Link) => {
  const runs = await allPages(
    (after) => syncView.newest(link, after, pageSize),
    ({ requestedAt, runId }) => ({ at: requestedAt, id: runId }),
  )
  return runs.map(describeRun)
}

/** What an athlete may ask for at any time: everything that is held about them, in the words of the API. */
export const exportRoute = (deps: ExportDeps): AthleteRoute => ({
  method: 'get',
  path: '/api/v1/export',
  access: 'athlete',
  limited: 'export',
  handle: async (_request, response, { athleteId }) => {
    const { links, profiles, receipts, inbox, setAsides, readStatusOf, clock } = deps
    const link = await links.ofAthlete(athleteId)
    const [profile, strava, workouts, runs, held, notices, setAside] = await Promise.all([
      profiles.find(athleteId),
      readStatusOf(athleteId, link),
      link ? allWorkouts(deps, link) : [],
      link ? allRuns(deps, link) : [],
      receipts.newest(athleteId, mostReceipts),
      link ? inbox.toldOf(link.linkId, mostExported.notices) : [],
      setAsides.newest(athleteId, mostExported.setAside),
    ])
    const everything: Export = {
      exportedAt: clock.now().toISOString(),
      athleteId,
      profile: profile ?? notSubmitted,
      ...{ strava, workouts, runs, notices, setAside },
      receipts: held.map(toReceipt),
    }
    response.set('Content-Disposition', 'attachment; filename="slipstream-export.json"').json(everything)
  },
})
