import { Text } from 'react-native'
import type { LinkState } from '../src/link-decision.ts'
import { cancelledSentence, progressSentence } from '../src/link-words.ts'
import type { ErrorActions } from '../src/status-words.ts'
import { LinkError } from './link-error.tsx'
import { useLook } from './look.ts'

/** How an attempt goes, or how it ended where nothing was linked. */
export const LinkOutcome = ({ state, actions }: { state: LinkState; actions: ErrorActions }) => {
  const look = useLook()
  if (state.step === 'failed' || state.step === 'timed_out') return <LinkError error={state.error} actions={actions} />
  if (state.step === 'cancelled') {
    return (
      <Text role="status" style={look.text} testID="link-cancelled">
        {cancelledSentence}
      </Text>
    )
  }
  const progress = progressSentence(state)
  return progress === null ? null : (
    <Text role="status" style={look.muted} testID="link-progress">
      {progress}
    </Text>
  )
}
