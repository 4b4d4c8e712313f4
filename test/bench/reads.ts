import { linkAthlete, synced } from '../support/linked-athlete.ts'
import { startBareServer } from './bare.ts'
import { startBenchFleet } from './bench-fleet.ts'
import { inTurns } from './load.ts'
import { type Bench, rateOf, share } from './report.ts'

const account = 'busy'
const limit = 30
const slice = { callers: 8, durationMs: 2_000 }

/** A page of an athlete's workouts, over and over, in turns with the same rows from Express and the driver alone. */
export const benchReads: Bench = async (runs) => {
  const bench = await startBenchFleet()
  try {
    const app = await linkAthlete(bench, account)
    await synced(app, 60_000)
    await Promise.all([bench.services.scheduler.end('SIGTERM'), bench.services.ingestion.end('SIGTERM')])
    const link = await bench.store.collections.links.findOne().lean()
    const bare = await startBareServer(bench.fleet.mongo.uri)
    try {
      const headers = { authorization: `Bearer ${await bench.control.tokenFor(account)}` }
      const rates = await inTurns(
        runs,
        {
          ours: () => ({ url: `${bench.endpoints.gatewayUrl}/api/v1/workouts?limit=${limit}`, headers }),
          bare: () => ({ url: `${bare.url}/workouts/${link?._id}?limit=${limit}` }),
        },
        slice,
      )
      return {
        title: `reads: GET /api/v1/workouts?limit=${limit} by ${slice.callers} callers, ${runs} turns of ${slice.durationMs / 1_000} s`,
        figures: [
          { what: 'gateway', measured: rateOf(rates.ours) },
          { what: 'Express and the driver alone', measured: rateOf(rates.bare) },
          { what: 'share, median of the turns', measured: share(rates.shares.p50, 1), wanted: '≥ 0.85 ×' },
        ],
      }
    } finally {
      await bare.stop()
    }
  } finally {
    await bench.stop()
  }
}
