import { useEffect, useRef } from 'preact/hooks'
import { Button } from './button.tsx'

interface DisconnectDialogProps {
  /** `All 37 workouts …`: what goes, first of all. */
  workoutsHeld: string
  onConfirm: () => Promise<void>
  onCancel: () => void
}

/** A modal dialog of the browser: keeps the focus inside, closes with Escape and gives the focus back. */
export const DisconnectDialog = ({ workoutsHeld, onConfirm, onCancel }: DisconnectDialogProps) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const keep = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    dialog.current?.showModal()
    // Enter, pressed without reading, deletes nothing.
    keep.current?.focus()
  }, [])
  return (
    <dialog ref={dialog} aria-labelledby="disconnect-title" aria-describedby="disconnect-text" onClose={onCancel}>
      <h2 id="disconnect-title">Disconnect Strava?</h2>
      <div id="disconnect-text" class="disconnect-text" data-testid="disconnect-text">
        <p>This goes:</p>
        <ul>
          <li>{workoutsHeld}, with the training load that follows from them</li>
          <li>the records of what was synced, and what Strava told us of changes</li>
          <li>our access to Strava, which is withdrawn there as well</li>
        </ul>
        <p>
          Services that got your workouts from here are told to delete them, too. Your profile stays, and at Strava
          nothing is deleted. You get a receipt, and can connect again at any time.
        </p>
      </div>
      <div class="actions">
        <Button testId="disconnect-confirm" kind="danger" onPress={onConfirm}>
          Disconnect and delete
        </Button>
        <button
          ref={keep}
          type="button"
          class="button plain"
          data-testid="disconnect-cancel"
          onClick={() => dialog.current?.close()}
        >
          Keep connected
        </button>
      </div>
    </dialog>
  )
}
