import { type Collections, isDuplicateKey, type WritableCollection } from '@slipstream/persistence'
import type { AllowanceRow, QuotaRow, StopRows } from '@slipstream/records'
import type { Clock } from '@slipstream/runtime'
import { type AthleteBackoff, noBackoff } from './athlete-backoff.ts'
import type { AthleteState, LedgerState } from './permit.ts'
import { noStops } from './stops.ts'
import { quarterHourMs } from './windows.ts'

/** What is stored, and the time on the clock that all replicas share, read together. */
export interface LoadedLedger {
  /** Null before the first call of this app. */
  state: LedgerState | null
  revision: number
  athlete: AthleteState | null
  sharedNow: Date
}

/** Where the ledger is kept. */
export interface LedgerStore {
  load(athleteId: string | null): Promise<LoadedLedger>
  /** Changes nothing, and answers false, when another has written since `revision` was loaded. */
  save(revision: number, state: LedgerState): Promise<boolean>
  /** Counts one call of the athlete; false when the window holds `allowance` of them already. */
  countFor(athleteId: string, share: { windowStart: Date; allowance: number }): Promise<boolean>
  noteBackoff(athleteId: string, backoff: AthleteBackoff): Promise<void>
  /** Links of this deployment; counts no further than two. */
  countAthletes(): Promise<number>
}

/** Probes planned by release 0.1 come soon enough; the next are planned here. */
const stopsOf01 = ({ inactiveSince, nextProbeAt }: QuotaRow): StopRows =>
  inactiveSince
    ? {
        ...noStops,
        app: { trouble: 'inactive', failures: 0, failedFor: [], since: inactiveSince, probes: 0, nextProbeAt },
      }
    : noStops

const stateOf = (row: QuotaRow): LedgerState => ({
  buckets: {
    overall15m: row.overall15m,
    overallDay: row.overallDay,
    read15m: row.read15m,
    readDay: row.readDay,
  },
  stops: row.stops ?? stopsOf01(row),
  lead: row.stravaLead ?? null,
})

/** What replicas of release 0.1 read. */
const fieldsOf01 = ({ app, activities }: StopRows) => ({
  inactiveSince: app?.since ?? null,
  failuresInRow: activities?.failures ?? 0,
  unavailableSince: activities?.since ?? null,
  nextProbeAt: app?.nextProbeAt ?? activities?.nextProbeAt ?? null,
})

/** A trouble is remembered so long after its last pause: the athlete's next turn may come a day later. */
const backoffKeptMs = 2 * 24 * 60 * 60_000

interface Found {
  quota: QuotaRow[]
  athlete: AllowanceRow[]
  now: Date
}

interface LedgerCollections extends Pick<Collections<'ingestion'>, 'links'> {
  quota: WritableCollection<'quota'>
  allowances: WritableCollection<'allowances'>
}

export interface LedgerStoreOptions {
  collections: LedgerCollections
  clientId: string
  /** In place of MongoDB's: lets a test decide what time it is. */
  sharedClock?: Clock | undefined
}

/** One document per Strava app, changed by compare-and-set on `revision`, and one small row per athlete who syncs now. */
export const createLedgerStore = ({ collections, clientId, sharedClock }: LedgerStoreOptions): LedgerStore => {
  const { quota, allowances, links } = collections
  const rowId = (athleteId: string) => `${clientId}:${athleteId}`

  const create = async (fields: Omit<QuotaRow, '_id'>) => {
    try {
      await quota.create({ _id: clientId, ...fields })
      return true
    } catch (error) {
      if (isDuplicateKey(error)) return false
      throw error
    }
  }

  return {
    load: async (athleteId) => {
      const rowIds = athleteId === null ? [] : [rowId(athleteId)]
      const [found] = await quota.db.aggregate<Found>([
        // From no collection, so that the time comes also where nothing is stored yet.
        { $documents: [{}] },
        { $lookup: { from: 'quota', pipeline: [{ $match: { _id: clientId } }], as: 'quota' } },
        { $lookup: { from: 'allowances', pipeline: [{ $match: { _id: { $in: rowIds } } }], as: 'athlete' } },
        { $set: { now: '$$NOW' } },
      ])
      const row = found?.quota[0]
      return {
        state: row ? stateOf(row) : null,
        revision: row?.revision ?? 0,
        athlete: found?.athlete[0] ?? null,
        sharedNow: sharedClock?.now() ?? found?.now ?? new Date(Number.NaN),
      }
    },

    save: async (revision, { buckets, stops, lead }) => {
      const fields = { ...buckets, ...fieldsOf01(stops), stops, stravaLead: lead, revision: revision + 1 }
      if (revision === 0) return await create(fields)
      const { matchedCount } = await quota.updateOne({ _id: clientId, revision }, { $set: fields })
      return matchedCount === 1
    },

    countFor: async (athleteId, { windowStart, allowance }) => {
      const count = (upsert: boolean) =>
        allowances.updateOne(
          {
            _id: rowId(athleteId),
            $or: [{ windowStart: { $lt: windowStart } }, { used: { $lt: allowance } }],
          },
          [
            {
              $set: {
                used: {
                  $cond: [
                    { $lt: [{ $ifNull: ['$windowStart', new Date(0)] }, windowStart] },
                    1,
                    { $add: ['$used', 1] },
                  ],
                },
                windowStart: { $max: ['$windowStart', windowStart] },
                failures: { $ifNull: ['$failures', noBackoff.failures] },
                failingOperation: { $ifNull: ['$failingOperation', noBackoff.failingOperation] },
                failingSince: { $ifNull: ['$failingSince', noBackoff.failingSince] },
                retryAt: { $ifNull: ['$retryAt', noBackoff.retryAt] },
                expiresAt: { $max: ['$expiresAt', new Date(windowStart.getTime() + 2 * quarterHourMs)] },
              },
            },
          ],
          { upsert, updatePipeline: true },
        )
      try {
        await count(true)
        return true
      } catch (error) {
        // The row is there: it was just made by another, or holds the whole allowance.
        if (!isDuplicateKey(error)) throw error
        return (await count(false)).matchedCount === 1
      }
    },

    noteBackoff: async (athleteId, backoff) => {
      const lastsUntil = new Date((backoff.retryAt?.getTime() ?? 0) + backoffKeptMs)
      const note = () =>
        allowances.updateOne(
          { _id: rowId(athleteId) },
          { $set: backoff, $max: { expiresAt: lastsUntil }, $setOnInsert: { windowStart: new Date(0), used: 0 } },
          { upsert: true },
        )
      try {
        await note()
      } catch (error) {
        if (!isDuplicateKey(error)) throw error
        await note()
      }
    },

    countAthletes: async () => await links.countDocuments({}).limit(2),
  }
}
