import { linkAthlete, synced } from '../support/linked-athlete.ts'
import { startBenchFleet } from './bench-fleet.ts'
import { type Bench, milliseconds, spreadOf, summarise } from './report.ts'

const account = 'anna'
const uploadsPerRun = 5

/** From an upload at the simulated Strava, which pushes at once, to its `activity.ingested`. */
export const benchWebhookLatency: Bench = async (runs) => {
  const bench = await startBenchFleet()
  try {
    await bench.subscription()
    await synced(await linkAthlete(bench, account), 60_000)
    const { control, url } = bench.fleet.simulator
    const schedules = bench.store.connection.getClient().db().collection('schedules')
    const upload = async (): Promise<number> => {
      // Webhooks may cause ten looks an hour of an athlete; here they are to cause more.
      await schedules.updateMany({}, { $unset: { looks: 1 } })
      const { promise: told, resolve } = Promise.withResolvers<number>()
      const hearing = bench.hear(({ subject }) => {
        if (subject.startsWith('activity.ingested.')) resolve(performance.now())
      })
      const startedAt = performance.now()
      control.addActivity(account, { movingMinutes: 10 })
      const elapsedMs = (await told) - startedAt
      hearing.stop()
      await bench.untilIdle()
      return elapsedMs
    }
    const list = async (accessToken: string): Promise<number> => {
      const startedAt = performance.now()
      const headers = { authorization: `Bearer ${accessToken}` }
      await (await fetch(`${url}/api/v3/athlete/activities?per_page=30&page=1`, { headers })).arrayBuffer()
      return performance.now() - startedAt
    }
    // The same list by a client that does nothing else; of another athlete, as a grant replaces an earlier one.
    const { accessToken } = control.grant('ben')
    const samples: { toldMs: number; callMs: number }[] = []
    for (let run = -uploadsPerRun; run < runs * uploadsPerRun; run += 1) {
      const sample = { callMs: await list(accessToken), toldMs: await upload() }
      if (run >= 0) samples.push(sample)
    }
    const told = summarise(samples.map(({ toldMs }) => toldMs))
    const call = summarise(samples.map(({ callMs }) => callMs))
    return {
      title: `webhooks: from an upload to activity.ingested, ${samples.length} uploads one after another`,
      figures: [
        { what: 'upload → event', measured: spreadOf(told) },
        { what: "  Strava's list alone", measured: milliseconds(call.p50) },
        { what: '  beyond the provider call, p50', measured: milliseconds(told.p50 - call.p50), wanted: '< 30 ms' },
      ],
    }
  } finally {
    await bench.stop()
  }
}
