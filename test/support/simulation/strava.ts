import type { Gate } from '@slipstream/gate'
import { TransientError } from '@slipstream/messaging'
import type { StravaActivity } from '@slipstream/strava'
import { readActivities } from '../../../libs/strava/src/activity.ts'
import type { SummaryActivity } from '../../../services/simulator/src/domain/activity.ts'
import { activityDetail } from '../../../services/simulator/src/domain/activity-detail.ts'
import { athletes } from '../../../services/simulator/src/domain/athletes.ts'
import { type ActivityPlan, buildActivity } from '../../../services/simulator/src/domain/build-activity.ts'
import { type ListingQuery, listPage } from '../../../services/simulator/src/domain/listing.ts'
import type { Random } from '../../../services/simulator/src/domain/random.ts'
import { type Announcement, announceChange } from '../../../services/simulator/src/domain/webhook-events.ts'
import type { Process, Steps } from './steps.ts'

const [athlete] = athletes
if (!athlete) throw new Error('there is nobody to simulate')

/** Of the athlete that all of this is about. */
export const { stravaAthleteId } = athlete

const scopes = ['read', 'activity:read_all']

interface Entry {
  activity: SummaryActivity
  /** Lists are in the order of this; an athlete may have hidden it, then the activity shows midnight. */
  startedAt: string
  /** Announced before it is there. */
  thereFromMs: number
  /** Not shown to the application, without a word. */
  isHidden: boolean
}

type Book = ReadonlyMap<number, Entry>

type Outcome = Awaited<ReturnType<Gate['getActivity']>>

/** What Strava does wrong, each until a time. */
interface Faults {
  leftOut: { activityId: number; untilMs: number }[]
  staleMs: number
  staleUntilMs: number
  emptyRefusalsUntilMs: number
  busyUntilMs: number
}

const noFaults = (): Faults => ({
  ...{ leftOut: [], staleMs: 0, staleUntilMs: 0, emptyRefusalsUntilMs: 0, busyUntilMs: 0 },
})

export interface StravaOptions {
  steps: Steps
  random: Random
  /** Never more on a page, whatever is asked for. */
  mostPerPage: number
  onAnnounced(announcement: Announcement): void
}

const read = new WeakMap<SummaryActivity, StravaActivity>()

/** As the client of Strava reads it. */
const asRead = ({ activity }: Entry): StravaActivity => {
  const known = read.get(activity)
  if (known) return known
  const [first] = readActivities([activityDetail(activity)]).activities
  if (!first) throw new Error('an activity of the simulation cannot be read')
  read.set(activity, first)
  return first
}

const answered = (data: StravaActivity[]): Outcome => ({
  kind: 'answered',
  answer: { data, unreadable: [], quota: null },
})

/** One athlete's activities, by the rules of the simulator, and the ways in which Strava is late, wrong or away. */
export const createSimulatedStrava = ({ steps, random, mostPerPage, onAnnounced }: StravaOptions) => {
  let history: { fromMs: number; book: Book }[] = [{ fromMs: 0, book: new Map() }]
  let faults = noFaults()
  let lastId = 16_000_000_000

  const bookAt = (ms: number): Book => history.findLast(({ fromMs }) => fromMs <= ms)?.book ?? new Map()
  const book = () => bookAt(steps.now())
  const write = (id: number, entry: Entry | null) => {
    const next = new Map(book())
    if (entry) next.set(id, entry)
    else next.delete(id)
    history = [...history.slice(-50), { fromMs: steps.now(), book: next }]
  }
  const shownAt = (ms: number): Entry[] =>
    [...bookAt(ms).values()].filter(({ thereFromMs, isHidden }) => thereFromMs <= ms && !isHidden)
  const announce = (before: SummaryActivity | null, after: SummaryActivity | null) => {
    for (const announcement of announceChange(before, after, scopes)) onAnnounced(announcement)
  }

  const list = (query: Pick<ListingQuery, 'before' | 'page' | 'perPage'>): StravaActivity[] => {
    const now = steps.now()
    const left = faults.leftOut.filter(({ untilMs }) => untilMs > now).map(({ activityId }) => activityId)
    const entries = shownAt(now < faults.staleUntilMs ? now - faults.staleMs : now)
    const listed = entries
      .filter(({ activity }) => !left.includes(activity.id))
      .map(({ activity, startedAt }) => ({ ...activity, start_date: startedAt }))
    const page = listPage(listed, { ...query, includeOnlyMe: true, shortPages: false, listedBy: 'shown_start' })
    return page.flatMap(({ id }) => entries.find(({ activity }) => activity.id === id) ?? []).map(asRead)
  }

  /** On the way, answered, on the way back; a call may be slow in each direction. */
  const call = async (
    process: Process,
    label: string,
    { onCall, signal }: Parameters<Gate['getActivity']>[0],
    answer: () => Outcome,
  ): Promise<Outcome> => {
    const { now } = steps
    if (now() < faults.busyUntilMs && random.chance(0.3)) {
      return { kind: 'wait', reason: 'quota', until: new Date(faults.busyUntilMs + process.aheadMs) }
    }
    onCall?.()
    const slowMs = () => (random.chance(0.05) ? random.integer(0, 40_000) : 0)
    await steps.turn(process, `asks Strava: ${label}`, slowMs())
    if (now() < faults.busyUntilMs) {
      if (random.chance(0.5)) throw new TransientError('Strava does not answer')
      return { kind: 'wait', reason: 'strava', until: new Date(now() + process.aheadMs + 10_000) }
    }
    const outcome = answer()
    await steps.turn(process, `is answered: ${label} ${outcome.kind}`, slowMs())
    // An answer that has arrived may be read before the signal is heard.
    if (signal?.aborted && random.chance(0.5)) throw signal.reason
    return outcome
  }

  return {
    activities: (): Entry[] => [...book().values()],
    /** What Strava shows to the application now. */
    shown: (): StravaActivity[] => shownAt(steps.now()).map(asRead),
    create: (plan: ActivityPlan, { thereAfterMs }: { thereAfterMs: number }) => {
      lastId += 1
      const activity = buildActivity(athlete, plan, lastId, random)
      const startedAt = plan.startedAt.toISOString()
      write(activity.id, { activity, startedAt, thereFromMs: steps.now() + thereAfterMs, isHidden: false })
      announce(null, activity)
    },
    edit: (entry: Entry, change: Partial<SummaryActivity>) => {
      const activity = { ...entry.activity, ...change }
      write(activity.id, { ...entry, activity })
      announce(entry.activity, activity)
    },
    remove: ({ activity }: Entry) => {
      write(activity.id, null)
      announce(activity, null)
    },
    hide: (entry: Entry, isHidden: boolean) => write(entry.activity.id, { ...entry, isHidden }),
    leaveOut: ({ activity }: Entry, forMs: number) => {
      faults.leftOut.push({ activityId: activity.id, untilMs: steps.now() + forMs })
    },
    beStale: (byMs: number, forMs: number) => {
      faults = { ...faults, staleMs: byMs, staleUntilMs: steps.now() + forMs }
    },
    refuseWithoutWords: (forMs: number) => {
      faults = { ...faults, emptyRefusalsUntilMs: steps.now() + forMs }
    },
    beBusy: (forMs: number) => {
      faults = { ...faults, busyUntilMs: steps.now() + forMs }
    },
    endFaults: () => {
      faults = noFaults()
    },
    /** The gate to Strava as a process has it. */
    gateOf: (process: Process): Pick<Gate, 'listActivities' | 'getActivity'> => ({
      listActivities: async (request, { before, page, perPage }) => {
        const outcome = await call(process, `list ${page}`, request, () => {
          const until = before && { before: Math.ceil(before.getTime() / 1_000) }
          return answered(list({ page, perPage: Math.min(perPage, mostPerPage), ...until }))
        })
        return outcome.kind === 'absent' ? { kind: 'failed', code: 'strava_refuses' } : outcome
      },
      getActivity: (request, stravaActivityId) =>
        call(process, `get ${stravaActivityId}`, request, () => {
          const now = steps.now()
          if (now < faults.emptyRefusalsUntilMs && random.chance(0.5)) return { kind: 'absent', isCertain: false }
          const entry = shownAt(now).find(({ activity }) => String(activity.id) === stravaActivityId)
          return entry ? answered([asRead(entry)]) : { kind: 'absent', isCertain: true }
        }),
    }),
  }
}

export type SimulatedStrava = ReturnType<typeof createSimulatedStrava>
