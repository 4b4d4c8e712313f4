import type { Status } from '@slipstream/contracts'
import { type ReactNode, useEffect } from 'react'
import { Image, type ImageSourcePropType, Pressable, StyleSheet, Text, View } from 'react-native'
import { progressSentence } from '../src/texts.ts'
import type { StravaLink } from './use-strava-link.ts'

export interface ConnectStravaStepProps {
  link: StravaLink
  /** Strava's official "Connect with Strava" button, which may not be passed on with this library; null: plain text. */
  buttonImage: ImageSourcePropType | null
  onLinked: (status: Status) => void
  /** What the host tells before consent, in place of the text here. */
  children?: ReactNode
}

export const ConnectStravaStep = ({ link, buttonImage, onLinked, children }: ConnectStravaStepProps) => {
  const { state, connect } = link
  const progress = progressSentence(state)
  useEffect(() => {
    if (state.step === 'linked') onLinked(state.status)
  }, [state, onLinked])
  return (
    <View testID="connect-strava-step">
      <Text accessibilityRole="header">Connect your Strava account</Text>
      {children}
      {(state.step === 'failed' || state.step === 'timed_out') && (
        <View accessibilityRole="alert" testID="link-error">
          <Text>{state.error.title}</Text>
          <Text>{state.error.detail}</Text>
        </View>
      )}
      <Pressable accessibilityRole="button" disabled={progress !== null} onPress={connect} testID="connect-strava">
        {buttonImage === null ? (
          <Text>Connect with Strava</Text>
        ) : (
          <Image source={buttonImage} accessibilityLabel="Connect with Strava" style={styles.image} />
        )}
      </Pressable>
      {progress !== null && <Text accessibilityLiveRegion="polite">{progress}</Text>}
    </View>
  )
}

const styles = StyleSheet.create({ image: { height: 48, width: 237 } })
