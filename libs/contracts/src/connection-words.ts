import type { Status } from './api.ts'
import type { ErrorCode } from './error-catalogue.ts'
import type { WaitReason } from './lanes.ts'

const statusWords: Record<Status['status'], string> = {
  not_linked: 'Not connected',
  pending: 'Being connected',
  active: 'Connected',
  reauth_required: 'Access refused',
  paused: 'Paused',
}

type Connection = Pick<Status, 'status' | 'sync' | 'error'>

/** While one of these holds, every run waits or fails, and none of it is the connection's doing. */
const holdUps: ErrorCode[] = ['app_inactive', 'app_misconfigured', 'endpoint_closed', 'strava_refuses']

/** Whether the connection is good, and nothing comes through it because Strava, or the app there or here, does not work. */
export const isHeldUp = ({ status, sync, error }: Connection): boolean =>
  status === 'active' &&
  ((error !== null && holdUps.includes(error.code)) || sync?.waitingFor === 'app' || sync?.waitingFor === 'strava')

/** The connection in few words: `Connected, paused`, or with the name at Strava `Connected as Anna Ahorn`. */
export const connectionWords = (connection: Connection, name?: string): string => {
  const words = statusWords[connection.status]
  if (connection.status !== 'active') return words
  const connected = name === undefined ? words : `${words} as ${name}`
  return isHeldUp(connection) ? `${connected}, paused` : connected
}

/** What a run waits for, where nobody can say until when. */
export const waitWords: Record<WaitReason, string> = {
  quota: 'waiting until Strava allows more requests',
  strava: 'waiting for Strava to answer',
  app: 'waiting until Strava lets this app in again',
}
