import { inspectNats } from '@slipstream/messaging'
import { z } from 'zod'
import type { readNats } from '../../settings.ts'
import type { NatsFacts, SyncInterval } from '../judge/nats.ts'

const limitMs = 4_000

/** Of the server's page `/varz`: intervals are in nanoseconds. */
const varzSchema = z.object({
  jetstream: z.object({
    config: z.object({ sync_interval: z.number().optional(), sync_always: z.boolean().optional() }),
  }),
})

const lookAtSyncInterval = async (monitorUrl: string | undefined): Promise<SyncInterval> => {
  if (monitorUrl === undefined) return { kind: 'unknown', isAddressSet: false }
  try {
    const response = await fetch(`${monitorUrl}/varz`, { signal: AbortSignal.timeout(limitMs) })
    const { sync_always: isAlways, sync_interval: interval } = varzSchema.parse(await response.json()).jetstream.config
    if (isAlways) return { kind: 'always' }
    return interval === undefined ? { kind: 'unknown', isAddressSet: true } : { kind: 'every', ms: interval / 1e6 }
  } catch {
    return { kind: 'unknown', isAddressSet: true }
  }
}

/** Errors of the client that say that the server is there and does not let this user in. */
const refusals = ['AuthorizationError', 'UserAuthenticationExpiredError']

export const lookAtNats = async (settings: ReturnType<typeof readNats>): Promise<NatsFacts> => {
  const { NATS_URL: url, NATS_CREDS_FILE: creds = null, NATS_CA_FILE: ca = null, NATS_MONITOR_URL } = settings
  try {
    const [view, syncInterval] = await Promise.all([
      inspectNats({ url, creds, ca }, { replicas: settings.NATS_STREAM_REPLICAS, limitMs }),
      lookAtSyncInterval(NATS_MONITOR_URL),
    ])
    return { kind: 'view', view, syncInterval }
  } catch (error) {
    const { name, message: reason } = error as Error
    return { kind: refusals.includes(name) ? 'refused' : 'away', reason }
  }
}
