import type { QuotaReading } from '@slipstream/strava'
import { noBackoff } from '../../src/athlete-backoff.ts'
import { ledgerOver, type QuotaLedger } from '../../src/ledger.ts'
import type { LedgerStore } from '../../src/ledger-store.ts'
import type { AthleteState, LedgerState, PermitRequest } from '../../src/permit.ts'
import { createVirtualTime, seededRandom, type VirtualTime } from './virtual-time.ts'

const quarterHourMs = 15 * 60_000
const dayMs = 24 * 60 * 60_000

/** A ledger in memory whose answers take as long as a database's, so that replicas come in between each other. */
const createMemoryStore = (time: VirtualTime, random: () => number, sharedAheadMs: number): LedgerStore => {
  let state: LedgerState | null = null
  let revision = 0
  const athletes = new Map<string, AthleteState>()
  const roundTrip = () => time.sleep(random() * 8)
  return {
    load: async (athleteId) => {
      await roundTrip()
      const athlete = athleteId === null ? null : (athletes.get(athleteId) ?? null)
      const loaded = { state, revision, athlete, sharedNow: new Date(time.now() + sharedAheadMs) }
      await roundTrip()
      return loaded
    },
    save: async (expected, next) => {
      await roundTrip()
      const isNewest = revision === expected
      if (isNewest) [state, revision] = [next, expected + 1]
      await roundTrip()
      return isNewest
    },
    countFor: async (athleteId, { windowStart, allowance }) => {
      await roundTrip()
      const athlete = athletes.get(athleteId)
      const used = athlete && athlete.windowStart >= windowStart ? athlete.used : 0
      if (used < allowance) athletes.set(athleteId, { ...noBackoff, ...athlete, windowStart, used: used + 1 })
      await roundTrip()
      return used < allowance
    },
    noteBackoff: async (athleteId, backoff) => {
      await roundTrip()
      const athlete = athletes.get(athleteId) ?? { windowStart: new Date(0), used: 0 }
      athletes.set(athleteId, { ...athlete, ...backoff })
    },
    countAthletes: async () => 2,
  }
}

/** Counts calls by its own clock, as Strava does: refused ones as well. */
const createCountingStrava = (time: VirtualTime, limits: { quarterHour: number; day: number }) => {
  const quarterHours = new Map<number, number>()
  const days = new Map<number, number>()
  const add = (counts: Map<number, number>, window: number) => {
    const used = (counts.get(window) ?? 0) + 1
    counts.set(window, used)
    return used
  }
  let overLimit = 0
  return {
    /** Calls that Strava refused. */
    get overLimit() {
      return overLimit
    },
    quarterHours,
    receive: (): { isRefused: boolean; reading: QuotaReading } => {
      const used15m = add(quarterHours, Math.floor(time.now() / quarterHourMs))
      const usedDay = add(days, Math.floor(time.now() / dayMs))
      const isRefused = used15m > limits.quarterHour || usedDay > limits.day
      if (isRefused) overLimit += 1
      const part = { limit15m: limits.quarterHour, limitDay: limits.day, used15m, usedDay }
      const overall = { ...part, limit15m: limits.quarterHour * 2, limitDay: limits.day * 2 }
      return {
        isRefused,
        reading: { overall, read: part, stravaDate: new Date(Math.floor(time.now() / 1000) * 1000) },
      }
    },
  }
}

export interface Scenario {
  seed: number
  limits: { quarterHour: number; day: number }
  /** By how much the clock of each replica is ahead of Strava's. */
  replicaAheadMs: number[]
  /** By how much MongoDB's clock is ahead of Strava's. */
  sharedAheadMs: number
  startAt: Date
}

/** Several replicas of the real ledger, a Strava that counts, and time that passes only in the test. */
export const createReplicas = ({ seed, limits, replicaAheadMs, sharedAheadMs, startAt }: Scenario) => {
  const time = createVirtualTime(startAt.getTime())
  const random = seededRandom(seed)
  const strava = createCountingStrava(time, limits)
  const store = createMemoryStore(time, random, sharedAheadMs)

  const createReplica = (aheadMs: number) => {
    const clock = { now: () => new Date(time.now() + aheadMs) }
    const ledger: QuotaLedger = ledgerOver(store, { clock, random })
    const sleepUntil = (local: Date) => time.sleep(local.getTime() - clock.now().getTime())

    /** One call, as the way to Strava makes it: permit, a moment for the token, call, answer. */
    const call = async (request: PermitRequest): Promise<{ refusedUntil: Date | null }> => {
      const permit = await ledger.take(request)
      if (!permit.granted) return { refusedUntil: permit.retryAt }
      // A token call in between may take its time.
      await time.sleep(random() < 0.05 ? 1_500 : random() * 100)
      if (permit.validUntil <= clock.now()) return { refusedUntil: clock.now() }
      const sentAt = clock.now()
      await time.sleep(20 + random() * 300)
      const { isRefused, reading } = strava.receive()
      await time.sleep(20 + random() * 600)
      await ledger.report({ ...request, shows: isRefused ? 'rate_limited' : 'works', reading, sentAt })
      return { refusedUntil: null }
    }

    return {
      ledger,
      call,
      /** Works without end: makes the next call as soon as it may. */
      work: async (next: () => PermitRequest, onCall: (request: PermitRequest) => void = () => {}): Promise<never> => {
        for (;;) {
          const request = next()
          const { refusedUntil } = await call(request)
          if (refusedUntil) await sleepUntil(refusedUntil)
          else onCall(request)
        }
      },
    }
  }

  return { time, random, strava, replicas: replicaAheadMs.map(createReplica) }
}
