import type { Status } from '@slipstream/contracts'
import { shareDone, syncSentence } from '../sync-text.ts'

/** The bar follows every change; only the counts are announced, since a countdown would talk without end. */
export const SyncProgress = ({ sync, now }: { sync: NonNullable<Status['sync']>; now: Date }) => {
  const share = shareDone(sync)
  return (
    <div class="progress" data-testid="progress" data-state={sync.state} data-waiting-for={sync.waitingFor}>
      <p data-testid="progress-text">{syncSentence(sync, now)}</p>
      {/* Nothing moves while it waits. */}
      {(share !== null || sync.state !== 'waiting') && (
        <progress aria-label="Activities stored" {...(share === null ? {} : { value: share })} />
      )}
      <p class="visually-hidden" aria-live="polite">
        {sync.listed === 0 ? 'Sync started' : `${sync.stored} of ${sync.listed} activities stored`}
      </p>
    </div>
  )
}
