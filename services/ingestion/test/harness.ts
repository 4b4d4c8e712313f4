import { randomBytes } from 'node:crypto'
import type { Cause, EventData, EventType, Lane } from '@slipstream/contracts'
import { type Bus, connectBus, newEvent } from '@slipstream/messaging'
import { connectStore, prepareDatabase, type Store } from '@slipstream/persistence'
import type { ReceiptRow, SyncRunRow } from '@slipstream/records'
import { newId, Secret } from '@slipstream/runtime'
import type { RunningService } from '@slipstream/service'
import { createLogger, createMetrics, type Metrics } from '@slipstream/telemetry'
import { startTestNats, type TestNats, testDatabase } from '@slipstream/testing'
import { createGrantVault, type GrantVault, parseTokenKeys } from '@slipstream/vault'
import { expect, vi } from 'vitest'
import { createSimulator, type Simulator } from '../../simulator/src/service.ts'
import type { IngestionConfig } from '../src/config.ts'
import { createIngestion, type IngestionTimings } from '../src/service.ts'

const dayMs = 24 * 60 * 60_000
const quarterHourMs = 15 * 60_000
/** Longer than a test may take. */
const testMs = 90_000

export interface TestLink {
  athleteId: string
  linkId: string
}

export interface RequestOptions {
  lane?: Lane
  cause?: Cause
  requestedVersion?: number
  runId?: string
  eventId?: string
}

export interface SeenEvent {
  id: string
  type: EventType
  data: EventData<EventType>
}

export const ofType = <Type extends EventType>(seen: SeenEvent[], type: Type) =>
  seen.filter((event) => event.type === type) as { id: string; type: Type; data: EventData<Type> }[]

export const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check)

export interface Harness {
  simulator: Simulator
  nats: TestNats
  bus: Bus
  /** Reads and writes as the services do; the gateway's collections are written directly. */
  store: Store<'ingestion'>
  vault: GrantVault
  config: IngestionConfig
  metrics: Metrics
  /** Shifts the time of the service and of the simulator. */
  clock: { now(): Date; offsetMs: number }
  /** Shifts the time past the end of a quarter hour that is near, so that no quota window ends within a test. */
  leaveWindowEdge(): void
  startIngestion(timings?: Partial<IngestionTimings>): Promise<RunningService>
  /** A link whose tokens belong to a simulated account. */
  link(account: string): Promise<TestLink>
  /** As the gateway does it, in one step. */
  unlink(link: TestLink, receiptId: string): Promise<void>
  /** The receipt alone, as it stands before the link is removed. */
  openReceipt(link: TestLink, receiptId: string): Promise<void>
  removeLink(link: TestLink): Promise<void>
  announceUnlink(link: TestLink, receiptId: string, eventId?: string): Promise<void>
  request(link: TestLink, options?: RequestOptions): Promise<string>
  finishedRun(runId: string): Promise<SyncRunRow>
  /** Events of an athlete, as they arrive. */
  follow(athleteId: string): SeenEvent[]
  stop(): Promise<void>
}

/** Real MongoDB, NATS and HTTP; Strava is played by the simulator. */
export const startHarness = async (): Promise<Harness> => {
  const log = createLogger('test', 'silent')
  const clock = { offsetMs: 0, now: () => new Date(Date.now() + clock.offsetMs) }
  const database = testDatabase()
  const [nats, store] = await Promise.all([startTestNats(), connectStore({ uri: database.uri, owner: 'ingestion' })])
  await prepareDatabase(store.connection)
  const bus = await connectBus({ url: nats.url, source: 'scheduler', log })
  const simulator = createSimulator({}, { clock })
  await simulator.start()

  const tokenKeys = `test:${randomBytes(32).toString('base64')}`
  const { collections } = store
  const vault = createGrantVault({ collections, keyring: parseTokenKeys(tokenKeys), clock })
  const config: IngestionConfig = {
    mongodbUri: database.uri,
    natsUrl: nats.url,
    opsPort: 0,
    opsHost: '127.0.0.1',
    logLevel: 'silent',
    otlpEndpoint: undefined,
    strava: { clientId: '12345', oauthBaseUrl: simulator.url, apiBaseUrl: `${simulator.url}/api/v3` },
    secrets: { stravaClientSecret: new Secret('simulator-secret'), tokenKeys: new Secret(tokenKeys) },
    keepForMs: 7 * dayMs,
  }
  const metrics = createMetrics('ingestion')
  const started: RunningService[] = []
  const following = new AbortController()
  const followers: Promise<void>[] = []
  const links = store.connection.collection<{ _id: string }>('links')
  const removeLink = async ({ linkId }: TestLink) => {
    await links.deleteOne({ _id: linkId })
  }
  const receipts = store.connection.collection<ReceiptRow>('receipts')
  const openReceipt = async ({ athleteId, linkId }: TestLink, receiptId: string) => {
    await receipts.insertOne({
      _id: receiptId,
      ...{ athleteId, linkId, reason: 'user', requestedAt: clock.now(), revokedAtStrava: false },
      ...{ revocationSettledAt: null, erasedAt: null, completedAt: null, deleted: {}, outbox: [] },
    })
  }
  const announceUnlink = async ({ athleteId, linkId }: TestLink, receiptId: string, eventId = newId('evt')) => {
    const now = clock.now()
    const data = { athleteId, linkId, reason: 'user' as const, receiptId, unlinkedAt: now.toISOString() }
    await bus.publish(newEvent('athlete.unlinked', data, { id: eventId, now }))
  }

  return {
    simulator,
    nats,
    bus,
    store,
    vault,
    config,
    metrics,
    clock,
    leaveWindowEdge: () => {
      const leftMs = quarterHourMs - (clock.now().getTime() % quarterHourMs)
      if (leftMs < testMs) clock.offsetMs += leftMs + 5000
    },
    startIngestion: async (timings = {}) => {
      const ingestion = createIngestion(config, {
        clock,
        sharedClock: clock,
        log: createLogger('ingestion', 'silent'),
        metrics: started.length === 0 ? metrics : createMetrics('ingestion'),
        timings: { resumeParkedEveryMs: 50, ...timings },
      })
      await ingestion.start()
      started.push(ingestion)
      return ingestion
    },
    link: async (account) => {
      const ids = { athleteId: newId('athlete'), linkId: newId('link') }
      const { accessToken, refreshToken, expiresAt } = simulator.control.grant(account)
      const stravaAthleteId = newId('strava')
      const tokens = {
        accessToken: new Secret(accessToken),
        refreshToken: new Secret(refreshToken),
        accessExpiresAt: new Date(expiresAt),
      }
      await vault.begin({ stravaAthleteId, ...ids, status: 'active', tokens })
      await links.insertOne({
        _id: ids.linkId,
        athleteId: ids.athleteId,
        stravaAthleteId,
        displayName: account,
        status: 'active',
        statusSince: clock.now(),
        errorCode: null,
        scopes: ['read', 'activity:read_all'],
        linkedAt: clock.now(),
        manualSync: null,
        outbox: [],
      } as never)
      return ids
    },
    openReceipt,
    unlink: async (link, receiptId) => {
      await openReceipt(link, receiptId)
      await removeLink(link)
      await announceUnlink(link, receiptId)
    },
    removeLink,
    announceUnlink,
    request: async (link, options = {}) => {
      const { lane = 'interactive', cause = 'linked', requestedVersion = 1, runId = newId('run') } = options
      const { eventId = newId('evt') } = options
      const now = clock.now()
      const window = {
        after: new Date(now.getTime() - 28 * dayMs).toISOString(),
        before: new Date(now.getTime() + dayMs).toISOString(),
      }
      const data = { ...link, runId, lane, cause, window, requestedVersion, requestedAt: now.toISOString() }
      await bus.publish(newEvent('sync.requested', data, { id: eventId, now }))
      return runId
    },
    finishedRun: (runId) =>
      eventually(async () => {
        const run = await store.collections.syncRuns.findById(runId).lean()
        expect(run?.state).toBe('finished')
        return run as SyncRunRow
      }),
    follow: (athleteId) => {
      const seen: SeenEvent[] = []
      followers.push(
        bus.follow({
          types: [
            'activity.ingested',
            'activity.updated',
            'sync.finished',
            'athlete.reauth_required',
            'athlete.erased',
          ],
          athleteId,
          after: 0,
          onEvent: ({ id, type, data }) => seen.push({ id, type, data: data as EventData<EventType> }),
          signal: following.signal,
        }),
      )
      return seen
    },
    stop: async () => {
      await Promise.all(started.map((ingestion) => ingestion.stop()))
      following.abort()
      await Promise.allSettled(followers)
      await bus.close()
      await store.close()
      await Promise.all([nats.remove(), simulator.stop(), database.drop()])
    },
  }
}
