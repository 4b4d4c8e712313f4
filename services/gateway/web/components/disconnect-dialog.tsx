import { useEffect, useRef } from 'preact/hooks'
import { Button } from './button.tsx'

/** A modal dialog of the browser: keeps the focus inside, closes with Escape and gives the focus back. */
export const DisconnectDialog = ({ onConfirm, onCancel }: { onConfirm: () => Promise<void>; onCancel: () => void }) => {
  const dialog = useRef<HTMLDialogElement>(null)
  const keep = useRef<HTMLButtonElement>(null)
  useEffect(() => {
    dialog.current?.showModal()
    // Enter, pressed without reading, deletes nothing.
    keep.current?.focus()
  }, [])
  return (
    <dialog ref={dialog} aria-labelledby="disconnect-title" onClose={onCancel}>
      <h2 id="disconnect-title">Disconnect Strava?</h2>
      <p>
        Access is withdrawn at Strava and every workout that came from there is deleted here. You get a receipt. You can
        connect again at any time.
      </p>
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
