import { randomBytes } from 'node:crypto'
import { openAskedSyncs } from '../support/asked-syncs.ts'
import { startFleet } from '../support/fleet.ts'
import { until } from '../support/until.ts'
import type { Bench } from './report.ts'

const replicas = 3
const queued = 1_000
const limit = 40
const quarterHourMs = 15 * 60_000
/** Scheduled work gets what the upper lanes leave over in the last fifth of a quarter hour: the run begins before that. */
const beforeEdgeMs = 200_000
const manualBeforeEdgeMs = 5_000
/** A window is opened so long after its edge, whatever the clocks. */
const openedAfterMs = 1_000

/** Accounts of the simulator that the queue belongs to; one more is the person who presses a button. */
const accounts = ['anna', 'ben', 'chris', 'dana'] as const
const person = 'eva'

const inGroups = async (count: number, size: number, work: () => Promise<unknown>) => {
  for (let done = 0; done < count; done += size) {
    await Promise.all(Array.from({ length: Math.min(size, count - done) }, work))
  }
}

/** Replicas over a small quota and a long queue, across one real edge of a quarter hour. */
export const benchUtilisation: Bench = async () => {
  const fleet = await startFleet()
  const tokenKeys = `test:${randomBytes(32).toString('base64')}`
  const syncs = await openAskedSyncs(fleet, tokenKeys)
  try {
    const { control } = fleet.simulator
    for (let replica = 0; replica < replicas; replica += 1) {
      await (await fleet.start('ingestion', { env: { TOKEN_KEYS: tokenKeys, LOG_LEVEL: 'warn' } })).untilReady()
    }
    const day = 100_000
    control.setLimits({ overall: { quarterHour: day, day }, read: { quarterHour: limit, day } })
    let asked = 0
    await inGroups(queued, 20, () => {
      asked += 1
      return syncs.askFor(accounts[asked % accounts.length] ?? '', 'scheduled')
    })
    // What was called so far is of a quarter hour that is over by then.
    const edgeMs = Math.ceil((Date.now() + 2 * quarterHourMs) / quarterHourMs) * quarterHourMs
    control.setClock({ time: new Date(edgeMs - beforeEdgeMs).toISOString() })
    const now = () => Date.parse(control.clock().time)
    const { quota, syncRuns } = syncs.store.collections
    await quota.deleteMany({})
    await syncRuns.updateMany({ state: 'waiting_for_quota' }, { $set: { resumeAt: new Date() } })
    const quarterHourOf = (endMs: number) =>
      control.limits().quarterHours.find(({ startedAt }) => Date.parse(startedAt) === endMs - quarterHourMs)
    await until(beforeEdgeMs + 30_000, async () => {
      if (now() < edgeMs - manualBeforeEdgeMs) throw new Error('the edge is not near')
    })
    const runId = await syncs.askFor(person, 'interactive')
    const startedAt = await until(60_000, async () => {
      const run = await syncRuns.findById(runId).lean()
      const call = control
        .calls()
        .calls.find(({ account, endpoint }) => account === person && endpoint === 'activities')
      if (!run || !call) throw new Error('the person waits')
      return Date.parse(call.at)
    })
    const spent = quarterHourOf(edgeMs)
    const finished = await syncRuns.countDocuments({ lane: 'scheduled', state: 'finished' })
    const overLimit = control.limits().quarterHours.reduce((sum, quarterHour) => sum + quarterHour.overLimit, 0)
    return {
      title: `utilisation: ${replicas} replicas of ingestion, ${queued} scheduled runs queued, ${limit} reads a quarter hour`,
      figures: [
        { what: 'calls over the limit', measured: String(overLimit), wanted: '0' },
        {
          what: 'used of the quarter hour, with a queue',
          measured: `${Math.round((100 * (spent?.calls ?? 0)) / limit)} %`,
          wanted: '≥ 98 %',
        },
        { what: 'scheduled runs that are still to be made', measured: String(queued - finished) },
        {
          what: 'manual run asked for before the edge starts, after the window opens',
          measured: `${((startedAt - edgeMs - openedAfterMs) / 1_000).toFixed(1)} s`,
          wanted: '≤ 2 s',
        },
      ],
    }
  } finally {
    await syncs.close()
    await fleet.stop()
  }
}
