import type { Status } from '@slipstream/contracts'
import { type ReactNode, useEffect } from 'react'
import { Image, type ImageSourcePropType, Text, View } from 'react-native'
import { progressSentence } from '../src/link-words.ts'
import type { ErrorActions } from '../src/status-words.ts'
import { Button } from './button.tsx'
import { ConsentText } from './consent-text.tsx'
import { LinkOutcome } from './link-outcome.tsx'
import { useLook } from './look.ts'
import type { StravaLink } from './use-strava-link.ts'

export interface ConnectStravaStepProps {
  link: StravaLink
  /**
   * Strava's official "Connect with Strava" button, orange or white, shown 48 points high. It has to be downloaded from Strava, and may not be
   * passed on with this library; null: the words alone, in a button that does not look like Strava's.
   */
  buttonImage: ImageSourcePropType | null
  onLinked: (status: Status) => void
  /** Where an error asks for more than another try. */
  onSubmitProfile?: () => void
  onSignIn?: () => void
  /** What the host tells before consent (Strava's API policy 2.1), in place of the text here. */
  children?: ReactNode
}

/** The step of an onboarding in which the athlete connects Strava. */
export const ConnectStravaStep = (props: ConnectStravaStepProps) => {
  const { link, buttonImage, onLinked, onSubmitProfile, onSignIn, children = <ConsentText /> } = props
  const { state, connect } = link
  const look = useLook()
  const actions: ErrorActions = {
    ...(onSubmitProfile && { submit_profile: onSubmitProfile }),
    ...(onSignIn && { sign_in: onSignIn }),
  }
  useEffect(() => {
    if (state.step === 'linked') onLinked(state.status)
  }, [state, onLinked])
  return (
    <View style={look.block} testID="connect-strava-step">
      <Text role="heading" aria-level={2} style={look.title}>
        Connect your Strava account
      </Text>
      <Text style={look.text}>
        You are taken to Strava, where you choose what to allow. Leave every box ticked there.
      </Text>
      <LinkOutcome state={state} actions={actions} />
      <Button
        label="Connect with Strava"
        onPress={connect}
        isBusy={progressSentence(state) !== null}
        testID="connect-strava"
      >
        {buttonImage === null ? undefined : (
          <Image source={buttonImage} resizeMode="contain" style={{ height: 48, width: 237 }} />
        )}
      </Button>
      {children}
    </View>
  )
}
