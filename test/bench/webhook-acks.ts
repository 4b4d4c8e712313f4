import { linkRow } from '@slipstream/testing'
import { startBareServer } from './bare.ts'
import { startBenchFleet, webhookSecret } from './bench-fleet.ts'
import { inTurns, type Request, steadily } from './load.ts'
import { type Bench, milliseconds, type Report, rateOf, share, summarise } from './report.ts'
import { createWebhooks } from './webhooks.ts'

const athletes = 200
const slice = { callers: 32, durationMs: 2_000 }
const steadyMs = 20_000
const wantedRate = 500

const measure = async (runs: number, { ours, bare }: { ours: () => Request; bare: () => Request }): Promise<Report> => {
  const rates = await inTurns(runs, { ours, bare }, slice)
  // A machine that is busy with other things may not carry the full rate at all.
  const ratePerSecond = Math.min(wantedRate, Math.round(rates.bare.p50 / 2))
  const steady = { ratePerSecond, durationMs: steadyMs }
  const bareAcks = summarise((await steadily(bare, steady)).map(({ ms }) => ms))
  const answers = await steadily(ours, steady)
  const acks = summarise(answers.map(({ ms }) => ms))
  return {
    title: `acks: webhooks by ${slice.callers} callers, ${runs} turns of ${slice.durationMs / 1_000} s; then at a steady rate`,
    figures: [
      { what: 'gateway', measured: rateOf(rates.ours) },
      { what: 'Express and one majority insert alone', measured: rateOf(rates.bare) },
      { what: 'share, median of the turns', measured: share(rates.shares.p50, 1), wanted: '≥ 0.6 ×' },
      {
        what: `gateway at ${ratePerSecond}/s for ${steadyMs / 1_000} s, p99`,
        measured: milliseconds(acks.p99),
        wanted: `< 50 ms at ${wantedRate}/s`,
      },
      { what: '  p50', measured: milliseconds(acks.p50) },
      {
        what: '  not stored in time, Strava comes again',
        measured: String(answers.filter(({ isGood }) => !isGood).length),
        wanted: '0',
      },
      { what: 'alone at the same rate, p99', measured: milliseconds(bareAcks.p99) },
    ],
  }
}

/** Webhooks that are stored, relayed and answered, in turns with one majority insert each by Express and the driver alone. */
export const benchWebhookAcks: Bench = async (runs) => {
  const bench = await startBenchFleet()
  try {
    // What comes after the answer is other processes' work.
    await Promise.all([bench.services.scheduler.end('SIGTERM'), bench.services.ingestion.end('SIGTERM')])
    const subscriptionId = await bench.subscription()
    const owners = Array.from({ length: athletes }, (_, index) => String(900_000_000 + index))
    const links = bench.store.connection.getClient().db().collection('links')
    await links.insertMany(owners.map((stravaAthleteId) => linkRow({ stravaAthleteId })) as never[])
    const bare = await startBareServer(bench.fleet.mongo.uri)
    try {
      const webhook = createWebhooks(subscriptionId, owners)
      return await measure(runs, {
        ours: () => webhook(`${bench.endpoints.gatewayUrl}/webhooks/strava/${webhookSecret}`),
        bare: () => webhook(`${bare.url}/webhooks`),
      })
    } finally {
      await bare.stop()
    }
  } finally {
    await bench.stop()
  }
}
