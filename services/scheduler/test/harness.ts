import type { EventData, EventType } from '@slipstream/contracts'
import { type Bus, connectBus, newEvent } from '@slipstream/messaging'
import { connectStore, prepareDatabase, type Store } from '@slipstream/persistence'
import type { LinkRow, ReceiptRow, ScheduleRow } from '@slipstream/records'
import { newId } from '@slipstream/runtime'
import type { RunningService } from '@slipstream/service'
import { createLogger, createMetrics } from '@slipstream/telemetry'
import { linkRow, startTestNats, type TestNats, testDatabase } from '@slipstream/testing'
import type { SchedulerConfig } from '../src/config.ts'
import { createScheduler, type SchedulerTimings } from '../src/service.ts'
import { endedRun } from './support/schedules.ts'

export interface Harness {
  nats: TestNats
  bus: Bus
  store: Store<'scheduler'>
  /** Every sync request heard on NATS, as it was published. */
  requests: EventData<'sync.requested'>[]
  startScheduler(timings?: Partial<SchedulerTimings>): Promise<RunningService>
  link(changes?: Partial<LinkRow>): Promise<LinkRow>
  changeLink(linkId: string, changes: Partial<LinkRow>): Promise<void>
  removeLink(linkId: string): Promise<void>
  /** As the gateway does it: first the receipt, then the link. */
  endLink(link: LinkRow): Promise<void>
  /** As ingestion would write it. */
  insertRun(run: { _id: string } & Record<string, unknown>): Promise<void>
  insertSchedules(schedules: ScheduleRow[]): Promise<void>
  schedule(athleteId: string): Promise<ScheduleRow | null>
  publish<Type extends EventType>(type: Type, data: EventData<Type>): Promise<void>
  stop(): Promise<void>
}

export const startHarness = async (): Promise<Harness> => {
  const log = createLogger('test', 'silent')
  const database = testDatabase()
  const [nats, store] = await Promise.all([startTestNats(), connectStore({ uri: database.uri, owner: 'scheduler' })])
  await prepareDatabase(store.connection)
  const bus = await connectBus({ url: nats.url, source: 'gateway', log })
  const requests: EventData<'sync.requested'>[] = []
  bus.listen('sync.requested', '*', (data) => requests.push(data))
  const config: SchedulerConfig = {
    mongodbUri: database.uri,
    natsUrl: nats.url,
    opsPort: 0,
    opsHost: '127.0.0.1',
    natsAccess: { creds: null, ca: null },
    natsStreamReplicas: 1,
    logLevel: 'silent',
    cadence: { mode: 'auto', intervalMs: 60 * 60_000, windowDays: 28 },
  }
  const started: RunningService[] = []
  const links = store.connection.collection<LinkRow>('links')

  return {
    nats,
    bus,
    store,
    requests,
    startScheduler: async (timings = {}) => {
      const scheduler = createScheduler(config, { log, metrics: createMetrics('scheduler'), timings })
      await scheduler.start()
      started.push(scheduler)
      return scheduler
    },
    link: async (changes = {}) => {
      const link = linkRow(changes)
      await links.insertOne(link)
      return link
    },
    changeLink: async (linkId, changes) => {
      await links.updateOne({ _id: linkId }, { $set: changes })
    },
    removeLink: async (linkId) => {
      await links.deleteOne({ _id: linkId })
    },
    endLink: async ({ _id: linkId, athleteId }) => {
      await store.connection.collection<ReceiptRow>('receipts').insertOne({
        _id: newId('receipt'),
        ...{ athleteId, linkId, reason: 'user', requestedAt: new Date(), revokedAtStrava: false },
        ...{ revocationSettledAt: null, erasedAt: null, completedAt: null, deleted: {}, outbox: [] },
      })
      await links.deleteOne({ _id: linkId })
    },
    insertRun: async (run) => {
      await store.connection.collection<{ _id: string }>('sync_runs').insertOne({ ...endedRun, ...run })
    },
    insertSchedules: async (schedules) => {
      await store.collections.schedules.insertMany(schedules)
    },
    schedule: (athleteId) => store.collections.schedules.findById(athleteId).lean(),
    publish: (type, data) => bus.publish(newEvent(type, data, { id: newId('evt'), now: new Date() })),
    stop: async () => {
      await Promise.all(started.map((scheduler) => scheduler.stop()))
      await bus.close()
      await store.close()
      await Promise.all([nats.remove(), database.drop()])
    },
  }
}

export const linkedEvent = (link: LinkRow): EventData<'athlete.linked'> => ({
  athleteId: link.athleteId,
  linkId: link._id,
  stravaAthleteId: link.stravaAthleteId,
  scopes: link.scopes,
  linkedAt: link.linkedAt.toISOString(),
})

export const finishedEvent = (
  request: EventData<'sync.requested'>,
  outcome: EventData<'sync.finished'>['outcome'] = 'succeeded',
): EventData<'sync.finished'> => {
  const { athleteId, linkId, runId, requestedVersion, lane, laneVersion, cause, window } = request
  const now = new Date().toISOString()
  return {
    ...{ athleteId, linkId, runId, requestedVersion, lane, laneVersion, cause, window, outcome },
    answers: { [lane]: laneVersion },
    counts: { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls: 1 },
    startedAt: now,
    finishedAt: now,
    durationMs: 0,
  }
}
