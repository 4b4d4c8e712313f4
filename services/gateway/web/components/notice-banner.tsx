import type { Notice } from '../notice.ts'
import { Button } from './button.tsx'
import { ErrorPanel } from './error-panel.tsx'

/** What the link flow brought back from Strava. */
export const NoticeBanner = ({
  notice,
  isHindered = false,
  onDismiss,
}: {
  notice: Notice
  /** Something keeps workouts from arriving. */
  isHindered?: boolean
  onDismiss: () => void
}) => {
  const dismiss = (
    <Button
      testId="notice-dismiss"
      onPress={() => {
        onDismiss()
        return undefined
      }}
    >
      Dismiss
    </Button>
  )
  return (
    <div data-testid="notice" data-kind={notice.kind}>
      {notice.kind === 'error' ? (
        <ErrorPanel error={notice.error}>{dismiss}</ErrorPanel>
      ) : (
        <div class="panel success" role="status">
          <p class="panel-title">Strava is connected</p>
          <p>
            Your workouts of the last four weeks arrive{' '}
            {isHindered ? 'as soon as syncing goes on.' : 'below, newest first.'}
          </p>
          {notice.replaced && (
            <p data-testid="notice-replaced">
              The Strava account that you had connected before is disconnected, since it accepted us no more, and what
              came from it is deleted. The receipt is below.
            </p>
          )}
          {dismiss}
        </div>
      )}
    </div>
  )
}
