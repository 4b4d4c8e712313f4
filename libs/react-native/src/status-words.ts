import type { ActionableError, Status } from '@slipstream/contracts'
import { waitWords } from '@slipstream/contracts/connection-words'

const ago = (milliseconds: number): string => {
  const minutes = Math.floor(milliseconds / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h ago`
  const days = Math.floor(hours / 24)
  return days === 1 ? 'yesterday' : `${days} days ago`
}

/** When the last sync that succeeded ended; null for a link that has none. */
export const lastSyncSentence = ({ status, lastSync, sync }: Status, now: Date): string | null => {
  if (status === 'not_linked' || status === 'pending') return null
  if (lastSync) return `Last sync ${ago(now.getTime() - Date.parse(lastSync.finishedAt))}`
  return sync ? 'First sync under way' : 'Not synced yet'
}

/** The run in progress, such as `12 of about 31 workouts`; null without one. */
export const progressWords = ({ sync }: Pick<Status, 'sync'>): string | null => {
  if (sync === null) return null
  if (sync.waitingFor) return `Paused: ${waitWords[sync.waitingFor]}`
  if (sync.listed === 0) return 'Asking Strava for your activities'
  if (sync.expected === null) return `${sync.stored} workouts so far`
  return `${sync.stored} of ${sync.isEstimate ? 'about ' : ''}${sync.expected} workouts`
}

/** Who has to do something about an error, beside what its detail says; null where it is the athlete. */
export const whoActs = ({ actor, action }: Pick<ActionableError, 'actor' | 'action'>): string | null => {
  if (actor === 'operator') return 'The operator of this service has to act; there is nothing for you to do.'
  return actor === 'nobody' && action === 'wait' ? 'There is nothing to do: this passes by itself.' : null
}

/** What the athlete can press about an error; null where there is nothing to press. */
export const buttonFor = ({ actor, action }: Pick<ActionableError, 'actor' | 'action'>): string | null => {
  if (actor !== 'athlete') return null
  if (action === 'connect') return 'Connect with Strava'
  if (action === 'reconnect') return 'Connect again'
  if (action === 'submit_profile') return 'Go to your profile'
  return action === 'sign_in' ? 'Sign in' : null
}
