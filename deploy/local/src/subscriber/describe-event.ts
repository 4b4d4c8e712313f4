import { type ErrorCode, type EventData, errorCatalogue } from '@slipstream/contracts'
import type { ReceivedEvent } from '@slipstream/messaging'

const decimal = (value: number): string => value.toFixed(1)

/** `52 min`, `1 h 05 min`. */
const duration = (seconds: number): string => {
  const minutes = Math.round(seconds / 60)
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return hours === 0 ? `${rest} min` : `${hours} h ${String(rest).padStart(2, '0')} min`
}

type Workout = EventData<'activity.ingested'>['workout']

const measuresOf = ({ name, sportType, distanceMeters, movingTimeSeconds }: Workout): string[] => [
  name.trim() || `untitled ${sportType}`,
  ...(distanceMeters > 0 ? [`${decimal(distanceMeters / 1000)} km`] : []),
  duration(movingTimeSeconds),
]

/** The clock of a webhook's run starts when the webhook arrives, that of any other when it was asked for. */
const latency = ({ cause, latencyMs }: Pick<EventData<'activity.ingested'>, 'cause' | 'latencyMs'>): string =>
  `${decimal(latencyMs / 1000)} s after ${cause === 'webhook' ? 'Strava told' : 'it was asked for'}`

const words = (code: string): string => code.replaceAll('_', ' ')

const unlinkWords: Readonly<Record<EventData<'athlete.unlinked'>['reason'], string>> = {
  user: 'the athlete disconnected',
  revoked_at_strava: 'access was ended at Strava',
  slot_freed: 'the place was freed',
  policy: 'the data policy asks for it',
}

const deletionWords: Readonly<Record<string, string>> = {
  deleted_at_strava: 'deleted at Strava',
  not_visible: 'not visible to this application any more',
  expired: 'kept as long as the data policy allows',
  outside_window: 'older than the window',
}

/** The end of an opaque id: enough to tell those of one screen apart. */
export const shortId = (id: string): string => `…${id.slice(-6)}`

const titleOf = (code: string): string => errorCatalogue[code as ErrorCode]?.title ?? words(code)

const deletedWords = (deleted: Readonly<Record<string, number>>): string =>
  Object.entries(deleted)
    .filter(([, count]) => count > 0)
    .map(([collection, count]) => `${words(collection)} ${count}`)
    .join(', ') || 'nothing was held'

/** What an event tells, in a few words. */
export const describeEvent = ({ type, data }: ReceivedEvent): string => {
  switch (type) {
    case 'activity.ingested':
      return [...measuresOf(data.workout), `v${data.version}`, latency(data)].join(', ')
    case 'activity.updated': {
      const changed = `changed: ${data.changedFields.join(', ')}`
      return `${[...measuresOf(data.workout), `v${data.version}`, latency(data)].join(', ')}; ${changed}`
    }
    case 'activity.refreshed':
      return `workout ${shortId(data.workoutId)} unchanged, may be kept ${data.dataPolicy.expiresAt ? `until ${data.dataPolicy.expiresAt}` : 'for good'}`
    case 'activity.deleted':
      return `workout ${shortId(data.workoutId)} is gone, ${deletionWords[data.reason] ?? words(data.reason)}, v${data.version}`
    case 'athlete.linked':
      return `Strava account ${data.stravaAthleteId}, may ${data.scopes.join(', ')}`
    case 'athlete.unlinked':
      return `${unlinkWords[data.reason]}: delete what you hold`
    case 'athlete.erased':
      return `deleted here: ${deletedWords(data.deleted)}`
    case 'athlete.reauth_required':
      return titleOf(data.code)
    case 'strava.notified':
      return `Strava told: ${data.objectType} ${data.objectId}, ${data.aspectType}`
    case 'sync.triggered':
      return 'somebody asked for a sync'
    case 'sync.requested':
      return `${data.lane} sync wanted (${words(data.cause)})`
    case 'sync.progress':
      return `${data.listed} listed, ${data.stored} stored${data.waitingFor ? `, waiting for ${data.waitingFor}` : ''}`
    case 'sync.finished': {
      const { listed, created, updated, deleted, calls } = data.counts
      const counts = `listed ${listed}, new ${created}, changed ${updated}, gone ${deleted}, calls ${calls}`
      return `${data.outcome} (${words(data.cause ?? 'sync')}): ${counts}, ${decimal(data.durationMs / 1000)} s`
    }
  }
}
