import type { Lane } from '@slipstream/contracts'
import { type Bus, connectBus, newEvent } from '@slipstream/messaging'
import { connectStore, type Store } from '@slipstream/persistence'
import { newId, Secret, systemClock } from '@slipstream/runtime'
import { createLogger } from '@slipstream/telemetry'
import { createGrantVault, parseTokenKeys } from '@slipstream/vault'
import type { Fleet } from './fleet.ts'

const dayMs = 24 * 60 * 60_000

/** What a gateway and a scheduler would leave to ingestion, for fleets that run without them. */
export interface AskedSyncs {
  store: Store<'ingestion'>
  /** A link whose tokens belong to a simulated account, and a request to list it: two calls. @returns the run's id */
  askFor(account: string, lane: Lane): Promise<string>
  close(): Promise<void>
}

export const openAskedSyncs = async (fleet: Fleet, tokenKeys: string): Promise<AskedSyncs> => {
  const store = await connectStore({ uri: fleet.mongo.uri, owner: 'ingestion' })
  const bus: Bus = await connectBus({
    url: fleet.nats.url,
    source: 'scheduler',
    log: createLogger('test', 'silent'),
  })
  const vault = createGrantVault({
    collections: store.collections,
    keyring: parseTokenKeys(tokenKeys),
    clock: systemClock,
  })
  /** Many links of one account are what no deployment has, and all the same to the quota. The services make the index when they start. */
  let dropped: Promise<unknown> | undefined
  const allowManyLinks = () => {
    dropped ??= store.connection.collection('links').dropIndex('one_athlete_per_strava_account')
    return dropped
  }
  return {
    store,
    askFor: async (account, lane) => {
      await allowManyLinks()
      const { accessToken, refreshToken, expiresAt, ...granted } = fleet.simulator.control.grant(account)
      const ids = { athleteId: newId('athlete'), linkId: newId('link') }
      await vault.begin({
        ...{ stravaAthleteId: newId('strava'), ...ids, status: 'active' },
        tokens: {
          accessToken: new Secret(accessToken),
          refreshToken: new Secret(refreshToken),
          accessExpiresAt: new Date(expiresAt),
        },
      })
      const now = new Date()
      await store.connection.collection<{ _id: string }>('links').insertOne({
        ...{ _id: ids.linkId, athleteId: ids.athleteId, displayName: account },
        stravaAthleteId: String(granted.stravaAthleteId),
        ...{ status: 'active', statusSince: now, errorCode: null, scopes: ['read', 'activity:read_all'] },
        ...{ linkedAt: now, manualSync: null, outbox: [] },
      } as never)
      // As the scheduler asks: the want in its row, and a message that wakes ingestion.
      const cause = lane === 'interactive' ? ('manual' as const) : ('hourly' as const)
      const want = { ...{ asked: 1, answered: 0, runId: newId('run'), cause }, ...{ windowDays: 28, requestedAt: now } }
      await store.connection.collection<{ _id: string }>('schedules').insertOne({
        ...{ _id: ids.athleteId, linkId: ids.linkId, requestedVersion: 1, completedVersion: 0, request: null },
        ...{ wants: { [lane]: want }, manualRunId: null, publishedAt: now, nextDueAt: now, outbox: [] },
      } as never)
      const window = {
        after: new Date(now.getTime() - 28 * dayMs).toISOString(),
        before: new Date(now.getTime() + dayMs).toISOString(),
      }
      const told = { runId: want.runId, lane, cause, window }
      const versions = { activityIds: [], requestedVersion: 1, laneVersion: 1, requestedAt: now.toISOString() }
      await bus.publish(newEvent('sync.requested', { ...ids, ...told, ...versions }, { id: newId('evt'), now }))
      return want.runId
    },
    close: async () => {
      await bus.close()
      await store.close()
    },
  }
}
