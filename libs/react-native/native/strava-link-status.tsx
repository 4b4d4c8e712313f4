import { Text, View } from 'react-native'
import type { WatchedStatus } from '../src/status-watch.ts'
import { connectionWords, lastSyncSentence, progressWords } from '../src/status-words.ts'
import { type ErrorActions, LinkError } from './link-error.tsx'
import { useLook } from './look.ts'

export interface StravaLinkStatusProps {
  /** From `useStravaStatus`, or `strava` of `GET /api/v1/profile/summary` as `{ status, error: null }`. */
  watched: WatchedStatus
  /** What each error's button does; `useStravaLink`'s `connect` for `connect` and `reconnect`. */
  actions: ErrorActions
  now?: Date
}

/** The connection in the summary of an onboarding: status, last sync or what is to be done. */
export const StravaLinkStatus = ({ watched, actions, now = new Date() }: StravaLinkStatusProps) => {
  const look = useLook()
  const { status } = watched
  const error = status?.error ?? (status === null ? watched.error : null)
  const lastSync = status && lastSyncSentence(status, now)
  const progress = status && progressWords(status)
  return (
    <View style={look.block} testID="strava-link-status">
      <Text role="heading" aria-level={2} style={look.subtitle}>
        Strava
      </Text>
      <View role="status">
        <Text style={look.text} testID="strava-connection">
          {status === null ? 'Asking…' : connectionWords(status)}
        </Text>
        {lastSync !== null && (
          <Text style={look.muted} testID="strava-last-sync">
            {lastSync}
          </Text>
        )}
        {progress !== null && (
          <Text style={look.muted} testID="strava-progress">
            {progress}
          </Text>
        )}
      </View>
      {error !== null && <LinkError error={error} actions={actions} />}
    </View>
  )
}
