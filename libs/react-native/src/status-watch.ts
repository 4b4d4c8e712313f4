import type { ActionableError, Status } from '@slipstream/contracts'
import type { Clock, LinkApi } from './ports.ts'

/** What is known of the link; `error` where the gateway could not be asked the last time. */
export interface WatchedStatus {
  status: Status | null
  error: ActionableError | null
}

const pauseWhileSyncingMs = 3_000
const pauseMs = 30_000

/**
 * Asks for the status until the signal is aborted, more often while something is under way: React Native has no server-sent events.
 */
export const watchStatus = async (
  { api, clock }: { api: Pick<LinkApi, 'status'>; clock: Pick<Clock, 'wait'> },
  onStatus: (watched: WatchedStatus) => void,
  signal: AbortSignal,
): Promise<void> => {
  let status: Status | null = null
  while (!signal.aborted) {
    const answer = await api.status()
    if (signal.aborted) return
    if (answer.kind === 'done') status = answer.body
    onStatus({ status, error: answer.kind === 'done' ? null : answer.error })
    const isUnderWay = status === null || status.sync !== null || status.lastSync === null
    await clock.wait(isUnderWay ? pauseWhileSyncingMs : pauseMs)
  }
}
