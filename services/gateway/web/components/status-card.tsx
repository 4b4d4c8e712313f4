import { connectionWords, isHeldUp, offersReconnect, type Status } from '@slipstream/contracts'
import type { Api } from '../api.ts'
import { absent } from '../format.ts'
import {
  completeSentence,
  countsSentence,
  incompleteSentence,
  lastSyncLabel,
  lastSyncSentence,
  nextSyncSentence,
  syncButtonWords,
} from '../sync-text.ts'
import { Button } from './button.tsx'
import { ConnectButton, type ConnectProps } from './connect-button.tsx'
import { ErrorPanel } from './error-panel.tsx'
import { RunsList } from './runs-list.tsx'
import { SyncProgress } from './sync-progress.tsx'
import { useNow } from './use-now.ts'

interface StatusCardProps extends ConnectProps {
  api: Api
  strava: Status
  onSync: () => Promise<void>
}

/** What comes later has its place from the start, so that nothing below moves. */
const Facts = ({ strava, now }: { strava: Status; now: Date }) => (
  <dl class="facts">
    <div>
      <dt>Strava athlete</dt>
      <dd data-testid="connected-as">{strava.athlete?.displayName ?? absent}</dd>
    </div>
    <div>
      <dt>{lastSyncLabel(strava)}</dt>
      <dd data-testid="last-sync" data-run-id={strava.lastSync?.runId}>
        {lastSyncSentence(strava.lastSync, now)}
      </dd>
    </div>
    <div>
      <dt>Result</dt>
      {strava.lastSync === null ? (
        <dd>{absent}</dd>
      ) : (
        <dd data-testid="last-counts">{countsSentence(strava.lastSync.counts)}</dd>
      )}
    </div>
  </dl>
)

export const StatusCard = ({ api, strava, onConnect, buttonImage, onSync }: StatusCardProps) => {
  const { sync } = strava
  const now = useNow(sync !== null)
  const isOffered = offersReconnect(strava)
  const incomplete = incompleteSentence(strava)

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
      <div>
        <p class="complete" data-testid="complete">
          {completeSentence(strava, now)}
        </p>
        {incomplete !== null && (
          <p class="muted" data-testid="incomplete">
            {incomplete}
          </p>
        )}
      </div>
      {(strava.status === 'active' || sync !== null) && (
        <div class="sync-line">
          {strava.status === 'active' && (
            <Button testId="sync-now" kind="primary" busy={sync !== null} onPress={onSync}>
              {syncButtonWords(sync)}
            </Button>
          )}
          {sync !== null && <SyncProgress sync={sync} now={now} />}
          {sync === null && strava.nextSyncAt !== null && (
            <p class="muted" data-testid="next-sync">
              Next sync {nextSyncSentence(strava, now)}
            </p>
          )}
        </div>
      )}
      <Facts strava={strava} now={now} />
      <RunsList api={api} changed={`${strava.lastSync?.runId} ${sync?.runId} ${sync?.state}`} />
    </section>
  )
}
