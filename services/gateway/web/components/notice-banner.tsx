import { useEffect, useState } from 'preact/hooks'
import type { Api } from '../api.ts'
import type { ErrorNotice, LinkedNotice } from '../notice.ts'
import { Button } from './button.tsx'
import { ErrorPanel } from './error-panel.tsx'

const Dismiss = ({ onDismiss }: { onDismiss: () => void }) => (
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

/** Linking did not work. */
export const ErrorBanner = ({ notice, onDismiss }: { notice: ErrorNotice; onDismiss: () => void }) => (
  <div data-testid="notice" data-kind={notice.kind}>
    <ErrorPanel error={notice.error}>
      <Dismiss onDismiss={onDismiss} />
    </ErrorPanel>
  </div>
)

/** Told only where the receipt is the athlete's: the address alone could make them believe that their data are gone. */
const ReplacedAccount = ({ api, receiptId }: { api: Api; receiptId: string }) => {
  const [isTrue, setIsTrue] = useState(false)
  useEffect(() => {
    api.receipts().then(
      ({ items }) => setIsTrue(items.some((receipt) => receipt.receiptId === receiptId)),
      // The list of receipts on this page asks again, and says so.
      () => {},
    )
  }, [api, receiptId])
  return isTrue ? (
    <p data-testid="notice-replaced">
      The Strava account that you had connected before is disconnected, since it accepted us no more, and what came from
      it is deleted. The receipt is below.
    </p>
  ) : null
}

/** The athlete is back from Strava, linked. `isHindered`: something keeps workouts from arriving. */
export const LinkedBanner = ({
  api,
  notice: { kind, receiptId },
  isHindered,
  onDismiss,
}: {
  api: Api
  notice: LinkedNotice
  isHindered: boolean
  onDismiss: () => void
}) => (
  <div data-testid="notice" data-kind={kind}>
    <div class="panel success" role="status">
      <div class="panel-text">
        <p class="panel-title">Strava is connected</p>
        <p>
          Your workouts of the last four weeks arrive{' '}
          {isHindered ? 'as soon as syncing goes on.' : 'below, newest first.'}
        </p>
        {receiptId !== null && <ReplacedAccount api={api} receiptId={receiptId} />}
      </div>
      <Dismiss onDismiss={onDismiss} />
    </div>
  </div>
)
