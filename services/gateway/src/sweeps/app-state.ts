import type { QuotaLedger } from '@slipstream/quota'
import type { StreamRegistry } from '../handlers/stream-registry.ts'

/**
 * Has every open event stream look again when Strava, the app or its quota went off or came back: no event tells that, as it
 * is nobody's own. Bound: one document a turn, and none while nobody looks.
 */
export const watchAppState = ({
  quota,
  streams,
}: {
  quota: Pick<QuotaLedger, 'read'>
  streams: Pick<StreamRegistry, 'isEmpty' | 'wakeAll'>
}) => {
  let seen: string | null = null
  return async (): Promise<void> => {
    if (streams.isEmpty()) return
    const { stops, isSpent } = await quota.read()
    const now = JSON.stringify({ stops, isSpent })
    if (now === seen) return
    seen = now
    await streams.wakeAll()
  }
}
