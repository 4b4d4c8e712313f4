import { randomBytes } from 'node:crypto'
import type { Cause, EventData, EventType, Lane } from '@slipstream/contracts'
import { type Bus, connectBus, newEvent } from '@slipstream/messaging'
import { connectStore, prepareDatabase, type Store } from '@slipstream/persistence'
import {
  type LinkRow,
  type ReceiptRow,
  type ScheduleRow,
  type SyncRunRow,
  type Want,
  windowAt,
} from '@slipstream/records'
import { newId, Secret } from '@slipstream/runtime'
import type { RunningService } from '@slipstream/service'
import { createLogger, createMetrics, type Metrics } from '@slipstream/telemetry'
import { isRequestStored, linkRow, startTestNats, type TestNats, testDatabase } from '@slipstream/testing'
import { createGrantVault, type GrantVault, parseTokenKeys } from '@slipstream/vault'
import { expect, vi } from 'vitest'
import { createSimulator, type Simulator } from '../../simulator/src/service.ts'
import type { IngestionConfig } from '../src/config.ts'
import { createIngestion, type IngestionTimings } from '../src/service.ts'

const dayMs = 24 * 60 * 60_000
const quarterHourMs = 15 * 60_000
/** Longer than a test may take. */
const testMs = 90_000

export interface LogLine {
  level: string
  msg: string
  [field: string]: unknown
}

export interface TestLink {
  athleteId: string
  linkId: string
}

export interface RequestOptions {
  lane?: Lane
  cause?: Cause
  runId?: string
  eventId?: string
}

interface WantOptions extends RequestOptions {
  runId: string
  lane: Lane
  /** Wanted once more, of the same run. */
  isMore?: boolean
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
  /** What all replicas have logged, from INFO on. */
  lines: LogLine[]
  /** Shifts the time of the service and of the simulator. */
  clock: { now(): Date; offsetMs: number }
  /** Shifts the time past the end of a quarter hour that is near, so that no quota window ends within a test. */
  leaveWindowEdge(): void
  startIngestion(timings?: Partial<IngestionTimings>): Promise<RunningService>
  /** A link whose tokens belong to a simulated account. */
  link(account: string, athleteId?: string): Promise<TestLink>
  /** As the gateway does it, in one step. */
  unlink(link: TestLink, receiptId: string): Promise<void>
  /** The receipt alone, as it stands before the link is removed. */
  openReceipt(link: TestLink, receiptId: string, changes?: Partial<ReceiptRow>): Promise<void>
  removeLink(link: TestLink): Promise<void>
  announceUnlink(link: TestLink, receiptId: string, eventId?: string): Promise<void>
  /** Raises a want in the schedule row, without a message. */
  want(link: TestLink, options: WantOptions): Promise<Want>
  /** As the scheduler does when a run ended. */
  answer(link: TestLink, lane: Lane): Promise<void>
  wake(link: TestLink, options: WantOptions): Promise<void>
  /** A want and its message, as the scheduler makes them. */
  request(link: TestLink, options?: RequestOptions): Promise<string>
  finishedRun(runId: string): Promise<SyncRunRow>
  /** The run, once it waits for quota, Strava or the app. */
  parkedRun(runId: string): Promise<SyncRunRow>
  /** Resolves when the message that asked is done with, at no cost of attempts; fails where it became a dead letter. */
  nothingSpent(link: TestLink): Promise<void>
  /** How many workouts the link has. */
  stored(link: TestLink): Promise<number>
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
    natsAccess: { creds: null, ca: null },
    natsStreamReplicas: 1,
    logLevel: 'silent',
    strava: {
      ...{ clientId: '12345', oauthBaseUrl: simulator.url, apiBaseUrl: `${simulator.url}/api/v3` },
      keepForMs: 7 * dayMs,
    },
    secrets: { stravaClientSecret: new Secret('simulator-secret'), tokenKeys: new Secret(tokenKeys) },
  }
  const metrics = createMetrics('ingestion')
  const lines: LogLine[] = []
  const started: RunningService[] = []
  const following = new AbortController()
  const followers: Promise<void>[] = []
  const links = store.connection.collection<Pick<LinkRow, '_id' | 'stravaAthleteId'>>('links')
  const removeLink = async ({ linkId }: TestLink) => {
    await links.deleteOne({ _id: linkId })
  }
  const receipts = store.connection.collection<ReceiptRow>('receipts')
  const openReceipt: Harness['openReceipt'] = async ({ athleteId, linkId }, receiptId, changes = {}) => {
    await receipts.insertOne({
      _id: receiptId,
      ...{ athleteId, linkId, reason: 'user', requestedAt: clock.now(), revokedAtStrava: false },
      ...{ revocationSettledAt: null, erasedAt: null, completedAt: null, deleted: {}, outbox: [] },
      ...changes,
    })
  }
  const announceUnlink = async ({ athleteId, linkId }: TestLink, receiptId: string, eventId = newId('evt')) => {
    const now = clock.now()
    const data = { athleteId, linkId, reason: 'user' as const, receiptId, unlinkedAt: now.toISOString() }
    await bus.publish(newEvent('athlete.unlinked', data, { id: eventId, now }))
  }

  const schedules = store.connection.collection<{ _id: string } & Omit<ScheduleRow, '_id'>>('schedules')
  /** As the scheduler does it: a run that was asked for already is not wanted anew. */
  const raise = async (link: TestLink, options: WantOptions): Promise<Want> => {
    const { runId, lane, cause = 'linked' } = options
    const row = await schedules.findOne({ _id: link.athleteId })
    const known = row?.wants?.[lane]
    if (known?.runId === runId && !options.isMore) return known
    const requestedVersion = (row?.requestedVersion ?? 0) + 1
    const answered = known?.answered ?? 0
    const want: Want = { asked: requestedVersion, answered, runId, cause, windowDays: 28, requestedAt: clock.now() }
    await schedules.updateOne(
      { _id: link.athleteId },
      {
        $set: { linkId: link.linkId, requestedVersion, [`wants.${lane}`]: want, publishedAt: clock.now() },
        $setOnInsert: { completedVersion: 0, request: null, manualRunId: null, nextDueAt: clock.now(), outbox: [] },
      },
      { upsert: true },
    )
    return want
  }

  /** A wake-up, whatever is wanted. */
  const wake = async (link: TestLink, { runId, lane, eventId = newId('evt') }: WantOptions) => {
    const now = clock.now()
    const { after, before } = windowAt(now, 28)
    const window = { after: after.toISOString(), before: before.toISOString() }
    const told = {
      cause: 'linked' as const,
      activityIds: [],
      requestedVersion: 1,
      laneVersion: 1,
      requestedAt: now.toISOString(),
    }
    await bus.publish(newEvent('sync.requested', { ...link, runId, lane, window, ...told }, { id: eventId, now }))
  }

  const runIn = (runId: string, state: SyncRunRow['state']) =>
    eventually(async () => {
      const run = await collections.syncRuns.findById(runId).lean()
      expect(run?.state).toBe(state)
      return run as SyncRunRow
    })

  return {
    simulator,
    nats,
    bus,
    store,
    vault,
    config,
    metrics,
    lines,
    clock,
    leaveWindowEdge: () => {
      const leftMs = quarterHourMs - (clock.now().getTime() % quarterHourMs)
      if (leftMs < testMs) clock.offsetMs += leftMs + 5000
    },
    startIngestion: async (timings = {}) => {
      const ingestion = createIngestion(config, {
        clock,
        sharedClock: clock,
        log: createLogger('ingestion', 'info', { write: (line: string) => void lines.push(JSON.parse(line)) }),
        metrics: started.length === 0 ? metrics : createMetrics('ingestion'),
        timings: { resumeParkedEveryMs: 50, wakeRunsEveryMs: 50, resealEveryMs: 50, ...timings },
      })
      await ingestion.start()
      started.push(ingestion)
      return ingestion
    },
    link: async (account, athleteId = newId('athlete')) => {
      const ids = { athleteId, linkId: newId('link') }
      const { accessToken, refreshToken, expiresAt, ...granted } = simulator.control.grant(account)
      const stravaAthleteId = String(granted.stravaAthleteId)
      // One athlete at a time has the account.
      await links.deleteOne({ stravaAthleteId })
      const tokens = {
        accessToken: new Secret(accessToken),
        refreshToken: new Secret(refreshToken),
        accessExpiresAt: new Date(expiresAt),
      }
      await vault.begin({ stravaAthleteId, ...ids, status: 'active', tokens })
      const { linkId: _id } = ids
      const times = { statusSince: clock.now(), linkedAt: clock.now() }
      await links.insertOne(linkRow({ _id, athleteId, stravaAthleteId, ...times }) as never)
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
    want: raise,
    answer: async ({ athleteId }, lane) => {
      await schedules.updateOne({ _id: athleteId }, [
        { $set: { [`wants.${lane}.answered`]: `$wants.${lane}.asked` } },
      ] as never)
    },
    wake,
    request: async (link, options = {}) => {
      const { runId = newId('run'), lane = 'interactive' } = options
      await raise(link, { ...options, runId, lane })
      await wake(link, { ...options, runId, lane })
      return runId
    },
    finishedRun: (runId) => runIn(runId, 'finished'),
    parkedRun: (runId) => runIn(runId, 'waiting_for_quota'),
    nothingSpent: ({ athleteId }) =>
      eventually(async () => {
        expect(await isRequestStored(bus, `sync.requested.interactive.${athleteId}`)).toBe(false)
        expect(await collections.deliveryAttempts.countDocuments({ _id: /^ingestion-interactive:/ })).toBe(0)
        expect(await collections.deadLetters.countDocuments({ athleteId })).toBe(0)
      }),
    stored: ({ linkId }) => collections.workouts.countDocuments({ linkId }),
    follow: (athleteId) => {
      const seen: SeenEvent[] = []
      followers.push(
        bus.follow({
          types: [
            'activity.ingested',
            'activity.updated',
            'activity.deleted',
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
