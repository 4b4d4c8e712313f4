import { Linking, Text, View } from 'react-native'
import { useLook } from './look.ts'

const stravaApps = 'https://www.strava.com/settings/apps'

/** What Strava's API policy (2.1, 2.4, 7.2) wants told before consent: data, method, withdrawal, deletion. */
export const ConsentText = () => {
  const look = useLook()
  return (
    <View style={look.block} testID="consent-text">
      <Text role="heading" aria-level={3} style={look.subtitle}>
        What is read
      </Text>
      <Text style={look.muted}>
        Your name and athlete number at Strava, and your activities of the last four weeks and from now on, private ones
        included: name, sport, time, distance, duration, elevation, heart rate, cadence, power, effort and device.
        Routes and maps are not kept. Nothing is ever written to Strava.
      </Text>
      <Text role="heading" aria-level={3} style={look.subtitle}>
        How it is used
      </Text>
      <Text style={look.muted}>
        Activities are fetched from Strava regularly, shown to you as workouts and passed to the services of this app
        that you use. They are not sold, not used for advertising and not used in or for AI. Strava may record how this
        app uses its API.
      </Text>
      <Text role="heading" aria-level={3} style={look.subtitle}>
        How to withdraw
      </Text>
      <Text style={look.muted}>
        Disconnect in this app at any time: everything that came from Strava is then deleted, and you get a receipt that
        confirms it. Removing the app in your{' '}
        <Text role="link" style={look.link} onPress={() => void Linking.openURL(stravaApps)}>
          Strava settings
        </Text>{' '}
        ends the access as well.
      </Text>
    </View>
  )
}
