import { useState } from 'preact/hooks'
import { type Api, errorToShow } from '../api.ts'
import { saveFile } from '../save-file.ts'
import { Button } from './button.tsx'
import { DisconnectDialog } from './disconnect-dialog.tsx'
import { ErrorPanel } from './error-panel.tsx'

interface DataCardProps {
  api: Api
  isLinked: boolean
  /** What disconnecting would delete, in words. */
  workoutsHeld: string
  onDisconnect: () => Promise<void>
}

/** What is held about the athlete is theirs: to take along, and to have deleted. */
export const DataCard = ({ api, isLinked, workoutsHeld, onDisconnect }: DataCardProps) => {
  const [asking, setAsking] = useState(false)
  const [failure, setFailure] = useState<unknown>(null)

  const takeAlong = async (): Promise<void> => {
    setFailure(null)
    try {
      saveFile(`slipstream-export-${new Date().toISOString().slice(0, 10)}.json`, await api.exported())
    } catch (error) {
      setFailure(error)
    }
  }

  const disconnect = async (): Promise<void> => {
    await onDisconnect()
    setAsking(false)
  }

  return (
    <section class="card" aria-labelledby="data-title" data-testid="data-card">
      <h2 id="data-title">Your data</h2>
      <p class="muted">
        {isLinked
          ? 'Download everything that is held about you, or disconnect Strava and have what came from there deleted.'
          : 'Download everything that is held about you.'}
      </p>
      {failure !== null && <ErrorPanel error={errorToShow(failure)} />}
      <div class="actions">
        <Button testId="export" onPress={takeAlong}>
          Download everything
        </Button>
        {isLinked && (
          <button type="button" class="button danger" data-testid="disconnect" onClick={() => setAsking(true)}>
            Disconnect Strava
          </button>
        )}
      </div>
      {asking && (
        <DisconnectDialog workoutsHeld={workoutsHeld} onConfirm={disconnect} onCancel={() => setAsking(false)} />
      )}
    </section>
  )
}
