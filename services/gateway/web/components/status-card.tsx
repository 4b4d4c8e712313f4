import type { Status } from '@slipstream/contracts'
import { useState } from 'preact/hooks'
import {
  connectionWords,
  countsSentence,
  isHeldUp,
  lastSyncLabel,
  lastSyncSentence,
  nextSyncSentence,
  syncButtonWords,
} from '../sync-text.ts'
import { offersReconnect } from '../way-out.ts'
import { Button } from './button.tsx'
import { ConnectButton, type ConnectProps } from './connect-button.tsx'
import { DisconnectDialog } from './disconnect-dialog.tsx'
import { ErrorPanel } from './error-panel.tsx'
import { SyncProgress } from './sync-progress.tsx'
import { useNow } from './use-now.ts'

interface StatusCardProps extends ConnectProps {
  strava: Status
  onSync: () => Promise<void>
  onDisconnect: () => Promise<void>
}

const Facts = ({ strava, now }: { strava: Status; now: Date }) => (
  <dl class="facts">
    <div>
      <dt>Strava athlete</dt>
      <dd data-testid="connected-as">{strava.athlete?.displayName ?? '–'}</dd>
    </div>
    <div>
      <dt>{lastSyncLabel(strava)}</dt>
      <dd data-testid="last-sync" data-run-id={strava.lastSync?.runId}>
        {lastSyncSentence(strava.lastSync, now)}
      </dd>
    </div>
    {strava.lastSync !== null && (
      <div>
        <dt>Result</dt>
        <dd data-testid="last-counts">{countsSentence(strava.lastSync.counts)}</dd>
      </div>
    )}
    <div>
      <dt>Next sync</dt>
      <dd data-testid="next-sync">{nextSyncSentence(strava, now)}</dd>
    </div>
  </dl>
)

export const StatusCard = ({ strava, onConnect, buttonImage, onSync, onDisconnect }: StatusCardProps) => {
  const [asking, setAsking] = useState(false)
  const now = useNow(strava.sync !== null)
  const isOffered = offersReconnect(strava)

  const disconnect = async (): Promise<void> => {
    await onDisconnect()
    setAsking(false)
  }

  return (
    <section class="card" id={isOffered ? 'connect' : 'strava'} aria-labelledby="status-title">
      <div class="card-head">
        <h2 id="status-title">Strava</h2>
        <p
          class={`badge ${isHeldUp(strava) ? 'held-up' : strava.status}`}
          data-testid="link-status"
          data-status={strava.status}
        >
          {connectionWords(strava)}
        </p>
      </div>
      {strava.error !== null && (
        // The button is right here: no need to point to it.
        <ErrorPanel error={isOffered ? { ...strava.error, actionUrl: null } : strava.error}>
          {isOffered && <ConnectButton onConnect={onConnect} buttonImage={buttonImage} />}
        </ErrorPanel>
      )}
      {strava.sync !== null && <SyncProgress sync={strava.sync} now={now} />}
      <Facts strava={strava} now={now} />
      <div class="actions">
        {strava.status === 'active' && (
          <Button testId="sync-now" kind="primary" busy={strava.sync !== null} onPress={onSync}>
            {syncButtonWords(strava.sync)}
          </Button>
        )}
        <button type="button" class="button plain" data-testid="disconnect" onClick={() => setAsking(true)}>
          Disconnect
        </button>
      </div>
      {asking && <DisconnectDialog onConfirm={disconnect} onCancel={() => setAsking(false)} />}
    </section>
  )
}
