import type { ActionableError, Status } from '@slipstream/contracts'
import { waitWords } from '@slipstream/contracts/connection-words'
import { athleteActionOn } from '@slipstream/contracts/errors'

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
  switch (sync.state) {
    case 'queued':
    case 'waiting':
    case 'running':
      if (sync.listed === 0) return 'Asking Strava for your activities'
      if (sync.expected === null) return `${sync.stored} workouts so far`
      return `${sync.stored} of ${sync.isEstimate ? 'about ' : ''}${sync.expected} workouts`
  }
}

const buttonLabels = {
  connect: 'Connect with Strava',
  reconnect: 'Connect again',
  submit_profile: 'Go to your profile',
  sign_in: 'Sign in',
}

/** What can be done about an error, by the action it asks for; an error whose action the host leaves out has words only. */
export type ErrorActions = Partial<Record<keyof typeof buttonLabels, () => void>>

/** What the athlete can press about an error; null where there is nothing to press. */
export const buttonFor = (
  error: ActionableError,
  actions: ErrorActions,
): { label: string; press: () => void } | null => {
  const action = athleteActionOn(error) as keyof ErrorActions | null
  const press = action === null ? undefined : actions[action]
  return action === null || press === undefined ? null : { label: buttonLabels[action], press }
}
