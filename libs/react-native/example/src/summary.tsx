import type { Summary } from '@slipstream/contracts'
import { type StravaLink, StravaLinkStatus, type WatchedStatus } from '@slipstream/react-native'
import { Text, View } from 'react-native'
import { useLook } from './look.ts'
import { Page, Quiet } from './parts.tsx'

interface SummaryPageProps {
  summary: Summary
  watched: WatchedStatus
  link: StravaLink
  onDisconnect: () => void
  onSignOut: () => void
}

const duration = (seconds: number): string => {
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** The end of the onboarding: who, how Strava is doing, and the newest workouts. */
export const SummaryPage = ({ summary, watched, link, onDisconnect, onSignOut }: SummaryPageProps) => {
  const look = useLook()
  return (
    <Page step="Done" title={`Welcome, ${summary.profile.displayName}`}>
      <StravaLinkStatus watched={watched} link={link} onSignIn={onSignOut} />
      <View testID="recent-workouts">
        <Text role="heading" aria-level={2} style={look.text}>
          {summary.recentWorkouts.length === 0 ? 'No workouts yet' : 'Newest workouts'}
        </Text>
        {summary.recentWorkouts.map((workout) => (
          <View key={workout.id} style={look.row} testID="workout">
            <Text style={look.text}>{workout.name}</Text>
            <Text style={look.step}>{duration(workout.movingTimeSeconds)}</Text>
          </View>
        ))}
      </View>
      {summary.strava.status !== 'not_linked' && (
        <Quiet label="Disconnect Strava" onPress={onDisconnect} testID="disconnect" />
      )}
      <Quiet label="Sign out" onPress={onSignOut} testID="sign-out" />
    </Page>
  )
}
