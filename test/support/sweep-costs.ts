import { startMongo } from '@slipstream/embedded'
import { connectStore, prepareDatabase } from '@slipstream/persistence'
import { makeTestFolder, startTestNats } from '@slipstream/testing'
import type { Document } from 'mongodb'
import { startServicesInProcess } from './services-in-process.ts'
import { until } from './until.ts'

// What idle services cost, however many athletes there are. All sweeps, claims, relays and gauges of all three services run
// over a quiet database while MongoDB's profiler notes each statement: none may scan a collection, none may look at more
// keys or documents with ten times the rows. A sweep that is missing here is not missed: whatever is asked is profiled.

/** Each statement of a sweep, claim, relay or gauge, by service, collection and index: all of them have to be seen. */
const expected = [
  'scheduler schedules due',
  'scheduler schedules published',
  'scheduler schedules IXSCAN { publishedAt: 1 }',
  'scheduler webhook_inbox not_taken',
  'scheduler links changed',
  'scheduler links asked',
  'scheduler receipts requested',
  'scheduler schedules IXSCAN { completeUpTo: 1 }',
  'scheduler schedules outbox_due',
  'ingestion sync_runs parked',
  'ingestion receipts unerased',
  'ingestion erasures look_again',
  'ingestion workouts fetched',
  'ingestion workouts deleting',
  'ingestion sync_runs notices_due',
  'ingestion workouts outbox_due',
  'ingestion tombstones outbox_due',
  'ingestion sync_runs outbox_due',
  'ingestion erasures outbox_due',
  'ingestion credentials sealed_under',
  'ingestion accounts owed_sealed_under',
  'gateway link_transactions to_take_back',
  'gateway webhook_inbox not_taken',
  'gateway receipts to_wipe',
  'gateway sync_runs grant_lost',
  'gateway credentials turned',
  'gateway credentials dead',
  'gateway credentials to_adopt',
  'gateway accounts IXSCAN { owed.nextTryAt: 1 }',
  'gateway links COUNT_SCAN { status: 1 }',
  'gateway links outbox_due',
  'gateway receipts outbox_due',
  'gateway webhook_inbox outbox_due',
]

const turns = 2
/** A turn that comes late says something of the machine. */
const patienceMs = 180_000

/** One statement that was asked; `examined` counts keys and documents. */
export interface Statement {
  name: string
  isScan: boolean
  examined: number
}

const long = new Date('2026-01-01T00:00:00Z')
const later = new Date('2099-01-01T00:00:00Z')
const at = (index: number) => new Date(long.getTime() + index)

/** A quiet database as services leave it: everybody synced, nothing owed, twenty links waiting for a reconnect. */
const rowsOf = (index: number): Record<string, Document[]> => {
  const [athleteId, linkId] = [`ath_${index}`, `lnk_${index}`]
  const isLost = index < 20
  const run = {
    ...{ athleteId, linkId, lane: 'scheduled', state: 'finished', resumeAt: null, errorCode: null, leaseUntil: null },
    ...{ finishedAt: at(index), outbox: [] },
  }
  return {
    links: [
      {
        ...{ _id: linkId, athleteId, stravaAthleteId: `${index}`, displayName: '', errorCode: null, scopes: ['read'] },
        ...{ status: isLost ? 'reauth_required' : 'active', statusSince: at(index), linkedAt: at(index), outbox: [] },
        manualSync: { runId: `run_${index}`, requestedAt: at(index) },
      },
    ],
    schedules: [
      {
        ...{ _id: athleteId, linkId, requestedVersion: 1, completedVersion: 1, manualRunId: `run_${index}` },
        ...{ request: { runId: `run_${index}`, lane: 'interactive', cause: 'linked', requestedAt: new Date() } },
        ...{ publishedAt: null, nextDueAt: later, completeUpTo: new Date(), outbox: [] },
      },
    ],
    sync_runs: [
      { _id: `run_${index}`, ...run, outcome: 'succeeded' },
      { _id: `run_${index}_2`, ...run, outcome: isLost ? 'reauth_required' : 'succeeded' },
    ],
    // All taken in, but for a few that wait for their time.
    webhook_inbox: (['activity', 'athlete'] as const).map((objectType) => ({
      ...{ _id: `in_${index}_${objectType}`, athleteId, linkId, objectType, objectId: `${index}`, updates: {} },
      ...{ aspectType: 'update', eventTime: at(index), receivedAt: at(index), outbox: [] },
      ...(index < 10 ? { takenAt: null, nextTryAt: later } : { takenAt: at(index), nextTryAt: at(index) }),
      deleteAt: later,
    })),
    workouts: Array.from({ length: 3 }, (_, workout) => ({
      ...{ _id: `wko_${index}_${workout}`, athleteId, linkId, source: 'strava', stravaActivityId: `${workout}` },
      ...{ startedAt: at(workout), fetchedAt: new Date(), version: 1, outbox: [] },
    })),
    credentials: [
      {
        ...{ _id: linkId, athleteId, accountId: `acc_${index}`, refreshToken: { kid: 'test1' } },
        // Of those that are dead, half wait for their time, and of half a receipt tells already.
        ...(isLost ? { status: 'dead', diedAt: at(index) } : { status: 'active' }),
        ...(isLost && index % 2 === 0 && { afterDeath: { nextTryAt: later, attempts: 0 } }),
      },
    ],
    accounts: [
      { _id: `acc_${index}`, epoch: 1, isHeld: true, linkId, athleteId, owed: null, endsAt: null, revision: 1 },
    ],
    receipts: [
      {
        ...{ _id: `rcp_${index}`, athleteId: `gone_${index}`, linkId: `gone_${index}`, outbox: [] },
        reason: index % 2 === 0 ? 'user' : 'policy',
        ...{ requestedAt: at(index), revokedAtStrava: true, revocationSettledAt: at(index), erasedAt: at(index) },
        ...{ completedAt: at(index), wipedAt: at(index), deleted: {} },
      },
    ],
    erasures: [{ _id: `rcp_${index}`, erasedAt: at(index), lookAgainAt: null, deleting: null, outbox: [] }],
    dead_letters: [{ _id: `letter_${index}`, athleteId, linkId, createdAt: new Date() }],
    tombstones: [
      {
        ...{ _id: `gone_${index}`, athleteId, linkId, source: 'strava', stravaActivityId: `gone_${index}`, version: 2 },
        ...{ appliedTicket: 1, reason: 'deleted_at_strava', deletedAt: at(index), deleteAt: later, outbox: [] },
      },
    ],
    // Ended, but for a few whose grant is taken back at their time.
    link_transactions: [
      {
        ...{ _id: `att_${index}`, athleteId, platform: 'web', linkTokenHash: `${index}`, pendingLink: null },
        ...(index < 10 ? { step: 'exchanging', nextTryAt: later } : { step: 'completed' }),
        ...{ createdAt: at(index), expiresAt: at(index), deleteAt: later },
      },
    ],
    allowances: [{ _id: `1:${athleteId}`, windowStart: at(index), used: 1, failures: 0, expiresAt: later }],
    delivery_attempts: [{ _id: `ingestion-scheduled:evt_${index}`, attempts: 1, expiresAt: later }],
  }
}

/** As sweeps leave their marks when they have seen everything. */
const marks = ['scheduler.links-changed', 'scheduler.syncs-asked', 'scheduler.links-ended', 'gateway.lost-grants'].map(
  (_id) => ({ _id, changes: { time: new Date(), id: '' }, isCaughtUp: true, walk: { time: new Date(0), id: '' } }),
)

const profiled = { ns: 1, appName: 1, planSummary: 1, keysExamined: 1, docsExamined: 1, execStats: 1 }

const indexOf = (entry: Document): string => {
  const text = JSON.stringify(entry.execStats ?? {})
  return [...text.matchAll(/"indexName":"([^"]+)"/g)].map(([, name]) => name).join('+') || String(entry.planSummary)
}

/** Each service has its own connections, which carry its name. */
const nameOf = (entry: Document): string => {
  const service = String(entry.appName).replace(/^slipstream-/, '')
  const collection = String(entry.ns).split('.').slice(1).join('.')
  return `${service} ${collection} ${indexOf(entry)}`
}

const toStatement = (entry: Document): Statement => ({
  name: nameOf(entry),
  isScan: String(entry.planSummary).includes('COLLSCAN'),
  examined: (entry.keysExamined ?? 0) + (entry.docsExamined ?? 0),
})

/** What was asked in a few turns of all services over a database with so many athletes. */
const profile = async (mongoUri: string, natsUrl: string, athletes: number): Promise<Statement[]> => {
  const url = new URL(mongoUri)
  url.pathname = `/costs_${athletes}`
  const store = await connectStore({ uri: url.href, owner: 'gateway' })
  const database = store.connection.getClient().db()
  try {
    await prepareDatabase(store.connection)
    for (let from = 0; from < athletes; from += 1_000) {
      const batch = Array.from({ length: 1_000 }, (_, index) => rowsOf(from + index))
      for (const collection of Object.keys(batch[0] ?? {})) {
        await database.collection(collection).insertMany(batch.flatMap((rows) => rows[collection] ?? []))
      }
    }
    await database.collection('sweep_marks').insertMany(marks as never[])
    const services = await startServicesInProcess({ mongodbUri: url.href, natsUrl })
    await database.createCollection('system.profile', { capped: true, size: 64 * 1024 * 1024 })
    await database.command({ profile: 2 })
    const asked = async () =>
      (
        await database
          .collection('system.profile')
          .find({ ns: { $not: /system\.profile$/ } }, { projection: profiled })
          .toArray()
      ).map(toStatement)
    try {
      return await until(
        patienceMs,
        async () => {
          await Promise.all(services.names.map(services.metricsOf))
          const statements = await asked()
          for (const name of expected) {
            const seen = statements.filter((statement) => statement.name.includes(name)).length
            if (seen < turns)
              throw new Error(`${name} was seen ${seen} times: ${[...new Set(statements.map((s) => s.name))]}`)
          }
          return statements
        },
        500,
      )
    } finally {
      await database.command({ profile: 0 })
      await services.stop()
    }
  } finally {
    await store.close()
  }
}

/** The most that each statement has examined. */
export const worst = (statements: readonly Statement[]): Map<string, number> => {
  const found = new Map<string, number>()
  for (const { name, examined } of statements) found.set(name, Math.max(examined, found.get(name) ?? 0))
  return found
}

/** A mongod and a NATS server of its own for idle services. */
export const startSweepCosts = async () => {
  const folder = await makeTestFolder()
  const [mongo, nats] = await Promise.all([startMongo({ dataDir: folder.dataDir, log: () => {} }), startTestNats()])
  return {
    profile: (athletes: number) => profile(mongo.uri, nats.url, athletes),
    stop: async () => {
      await Promise.all([mongo.stop(), nats.remove()])
      folder.remove()
    },
  }
}
