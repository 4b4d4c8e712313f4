import type { Lane } from '@slipstream/contracts'
import { connectStore, prepareDatabase } from '@slipstream/persistence'
import { newId } from '@slipstream/runtime'
import type { QuotaReading } from '@slipstream/strava'
import { testDatabase } from '@slipstream/testing'
import { type CallReport, createQuotaLedger, type QuotaLedger, type Showing, type Transition } from '../../src/index.ts'

const noon = Date.UTC(2026, 10, 20, 12, 0, 0)
const minute = 60_000

/** Counted from the begin of a quarter hour of Strava's; each test begins a minute later. */
export const at = (minutes: number) => new Date(noon + minutes * minute)
export const seconds = (minutes: number, more: number) => new Date(at(minutes).getTime() + more * 1_000)

export const reading = (limit15m: number, used15m: number, limitDay = 10_000, usedDay = used15m): QuotaReading => ({
  overall: { limit15m: limit15m * 2, limitDay: limitDay * 2, used15m, usedDay },
  read: { limit15m, limitDay, used15m, usedDay },
  stravaDate: null,
})

/** A database of its own, a clock that a test sets, and any number of ledgers as separate replicas would have them. */
export const createLedgerBench = async () => {
  const database = testDatabase()
  const store = await connectStore({ uri: database.uri, owner: 'ingestion' })
  await prepareDatabase(store.connection)
  const { quota, allowances } = store.collections
  /** Past the rights of the role: another service links athletes. */
  const links = store.connection.collection('links')
  const state = { now: at(1), transitions: [] as Transition[] }

  const take = (ledger: QuotaLedger, lane: Lane = 'interactive', athleteId = newId('athlete')) =>
    ledger.take({ operation: 'activities', lane, athleteId })

  return {
    state,
    quota,
    links,
    /** Of a replica whose clock is that much ahead of what all share. */
    ledgerOf: (clientId = 'app', aheadMs = 0): QuotaLedger =>
      createQuotaLedger({
        collections: store.collections,
        clientId,
        clock: { now: () => new Date(state.now.getTime() + aheadMs) },
        sharedClock: { now: () => state.now },
        random: () => 0,
        onTransition: (transition) => state.transitions.push(transition),
      }),
    take,
    takeTimes: async (ledger: QuotaLedger, times: number) =>
      (await Promise.all(Array.from({ length: times }, () => take(ledger)))).filter(({ granted }) => granted).length,
    tell: (
      ledger: QuotaLedger,
      shows: Showing,
      reading: QuotaReading | null = null,
      change: Partial<CallReport> = {},
    ) =>
      ledger.report({
        ...{ operation: 'activities', shows, athleteId: newId('athlete'), lane: 'interactive', reading },
        ...{ sentAt: state.now, ...change },
      }),
    reset: async () => {
      await Promise.all([quota.deleteMany({}), allowances.deleteMany({}), links.deleteMany({})])
      await links.insertMany(['anna', 'ben'].map((name) => ({ athleteId: name, stravaAthleteId: name })))
      state.transitions = []
      state.now = at(1)
    },
    close: async () => {
      await store.close()
      await database.drop()
    },
  }
}
