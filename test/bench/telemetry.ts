import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { linkRow } from '@slipstream/testing'
import type { ServiceProcess } from '../support/fleet.ts'
import { linkAthlete, synced } from '../support/linked-athlete.ts'
import { startBenchFleet, webhookSecret } from './bench-fleet.ts'
import { type Request, throughput } from './load.ts'
import { type Bench, type Figure, milliseconds, rateOf, share, summarise } from './report.ts'
import { createWebhooks } from './webhooks.ts'

const account = 'busy'
const athletes = 200
const slice = { callers: 16, durationMs: 2_000 }

/** Takes what is exported and does nothing with it: what a collector does is done elsewhere. */
const startReceiver = async () => {
  let bytes = 0
  const server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    request.on('end', () => response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received: () => bytes,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

interface Turn {
  /** Answers a second. */
  rate: number
  /** Processor time of the gateway for each. */
  cpuMs: number
}

const cpuSeconds = async ({ opsPort }: ServiceProcess): Promise<number> => {
  const scrape = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
  return Number(/^process_cpu_seconds_total\S* (\S+)/m.exec(scrape)?.[1])
}

/** Processor time says what a busy machine hides in rates. */
const takeTurn = async (gateway: ServiceProcess, request: (gatewayUrl: string) => Request): Promise<Turn> => {
  const before = await cpuSeconds(gateway)
  const startedAt = performance.now()
  const rate = await throughput(() => request(`http://localhost:${gateway.port}`), slice)
  const answered = (rate * (performance.now() - startedAt)) / 1_000
  return { rate, cpuMs: (1_000 * ((await cpuSeconds(gateway)) - before)) / answered }
}

/** Two gateways on the same database and the same NATS, in turns: one exports its spans, the other does not. */
export const benchTelemetry: Bench = async (runs) => {
  const bench = await startBenchFleet()
  const receiver = await startReceiver()
  try {
    const app = await linkAthlete(bench, account)
    await synced(app, 60_000)
    await Promise.all([bench.services.scheduler.end('SIGTERM'), bench.services.ingestion.end('SIGTERM')])
    const traced = await bench.fleet.start('gateway', {
      env: {
        LOG_LEVEL: 'warn',
        DRAIN_SECONDS: '0',
        STRAVA_WEBHOOK_VERIFY_TOKEN: 'bench-verify-token',
        STRAVA_WEBHOOK_PATH_SECRET: webhookSecret,
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      },
    })
    await traced.untilReady()
    const owners = Array.from({ length: athletes }, (_, index) => String(900_000_000 + index))
    const links = bench.store.connection.getClient().db().collection('links')
    await links.insertMany(owners.map((stravaAthleteId) => linkRow({ stravaAthleteId })) as never[])
    const webhook = createWebhooks(await bench.subscription(), owners)
    const headers = { authorization: `Bearer ${await bench.control.tokenFor(account)}` }
    const workloads: Record<string, (gatewayUrl: string) => Request> = {
      webhooks: (gatewayUrl) => webhook(`${gatewayUrl}/webhooks/strava/${webhookSecret}`),
      'pages of workouts': (gatewayUrl) => ({ url: `${gatewayUrl}/api/v1/workouts?limit=30`, headers }),
    }
    const figures: Figure[] = []
    for (const [what, request] of Object.entries(workloads)) {
      const turns: { exported: Turn; plain: Turn }[] = []
      for (let turn = -1; turn < runs; turn += 1) {
        const both = {
          exported: await takeTurn(traced, request),
          plain: await takeTurn(bench.services.gateway, request),
        }
        // The first one also warms both up.
        if (turn >= 0) turns.push(both)
      }
      const median = (of: (turn: { exported: Turn; plain: Turn }) => number) => summarise(turns.map(of)).p50
      figures.push(
        { what: `${what}, exported`, measured: rateOf(summarise(turns.map(({ exported }) => exported.rate))) },
        { what: `${what}, not exported`, measured: rateOf(summarise(turns.map(({ plain }) => plain.rate))) },
        {
          what: '  share, median of the turns',
          measured: share(
            median(({ exported, plain }) => exported.rate / plain.rate),
            1,
          ),
          wanted: '≥ 0.95 ×',
        },
        {
          what: '  processor time of an answer, exported and not',
          measured: `${milliseconds(median(({ exported }) => exported.cpuMs))}, ${milliseconds(median(({ plain }) => plain.cpuMs))}`,
        },
        {
          what: '  ratio of these',
          measured: share(
            median(({ exported, plain }) => exported.cpuMs / plain.cpuMs),
            1,
          ),
        },
      )
    }
    figures.push({ what: 'exported', measured: `${Math.round(receiver.received() / 1_024)} KiB` })
    return {
      title: `telemetry: what exporting traces costs, ${slice.callers} callers, ${runs} turns of ${slice.durationMs / 1_000} s each`,
      figures,
    }
  } finally {
    await bench.stop()
    await receiver.stop()
  }
}
