import { adviceOn, type ShownError } from '@slipstream/contracts/errors'
import { Text, View } from 'react-native'
import { buttonFor, type ErrorActions } from '../src/status-words.ts'
import { Button } from './button.tsx'
import { useLook } from './look.ts'

/** An entry of the error catalogue: what happened, what it means, who can do what. */
export const LinkError = ({ error, actions }: { error: ShownError; actions: ErrorActions }) => {
  const look = useLook()
  const button = buttonFor(error, actions)
  const advice = adviceOn(error)
  return (
    <View role="alert" style={look.error} testID={`error-${error.code}`}>
      <Text style={look.errorTitle}>{error.title}</Text>
      <Text style={look.text}>{error.detail}</Text>
      {advice !== null && <Text style={look.muted}>{advice}</Text>}
      {button !== null && <Button label={button.label} onPress={button.press} testID="error-action" />}
    </View>
  )
}
