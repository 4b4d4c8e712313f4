import type { ActionableError } from '@slipstream/contracts'
import { Text, View } from 'react-native'
import { buttonFor, whoActs } from '../src/status-words.ts'
import { Button } from './button.tsx'
import { useLook } from './look.ts'

/** What can be done about an error, by its `action`; an error whose action the host leaves out has words only. */
export type ErrorActions = Partial<Record<'connect' | 'reconnect' | 'submit_profile' | 'sign_in', () => void>>

/** An entry of the error catalogue: what happened, what it means, who can do what. */
export const LinkError = ({ error, actions }: { error: ActionableError; actions: ErrorActions }) => {
  const look = useLook()
  const act = actions[error.action as keyof ErrorActions]
  const label = buttonFor(error)
  const who = whoActs(error)
  return (
    <View role="alert" style={look.error} testID={`error-${error.code}`}>
      <Text style={look.errorTitle}>{error.title}</Text>
      <Text style={look.text}>{error.detail}</Text>
      {who !== null && <Text style={look.muted}>{who}</Text>}
      {act !== undefined && label !== null && <Button label={label} onPress={act} testID="error-action" />}
    </View>
  )
}
