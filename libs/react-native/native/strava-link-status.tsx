import { connectionWords } from '@slipstream/contracts/connection-words'
import { Text, View } from 'react-native'
import type { WatchedStatus } from '../src/status-watch.ts'
import { type ErrorActions, lastSyncSentence, progressWords } from '../src/status-words.ts'
import { Button } from './button.tsx'
import { LinkError } from './link-error.tsx'
import { LinkOutcome } from './link-outcome.tsx'
import { useLook } from './look.ts'
import type { StravaLink } from './use-strava-link.ts'

export interface StravaLinkStatusProps {
  /** From `useStravaStatus`, or `strava` of `GET /api/v1/profile/summary` as `{ status, error: null }`. */
  watched: WatchedStatus
  /** Connects again where an error asks for it, and tells how that goes. */
  link: StravaLink
  /** Where an error asks for more than that. */
  onSubmitProfile?: () => void
  onSignIn?: () => void
  now?: Date
}

/** The connection in the summary of an onboarding: status, last sync or what is to be done. */
export const StravaLinkStatus = (props: StravaLinkStatusProps) => {
  const { watched, link, onSubmitProfile, onSignIn, now = new Date() } = props
  const look = useLook()
  const { status } = watched
  const elsewhere: ErrorActions = {
    ...(onSubmitProfile && { submit_profile: onSubmitProfile }),
    ...(onSignIn && { sign_in: onSignIn }),
  }
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
          {status === null ? 'Asking…' : connectionWords(status, status.athlete?.displayName)}
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
      {error !== null && (
        <LinkError error={error} actions={{ ...elsewhere, connect: link.connect, reconnect: link.connect }} />
      )}
      <LinkOutcome state={link.state} actions={elsewhere} />
      {error === null && status?.status === 'not_linked' && (
        <Button label="Connect with Strava" onPress={link.connect} testID="connect-strava" />
      )}
    </View>
  )
}
