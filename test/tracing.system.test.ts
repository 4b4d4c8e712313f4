import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import manifest from '../package.json' with { type: 'json' }
import { createControl } from './support/control.ts'
import { type Fleet, type ServiceName, type ServiceProcess, startFleet } from './support/fleet.ts'
import { synced } from './support/linked-athlete.ts'
import { type MobileApp, newProof, openMobileApp } from './support/mobile-app.ts'
import { type CollectedSpan, startTraceCollector, type TraceCollector } from './support/trace-collector.ts'
import { until } from './support/until.ts'

const pathSecret = 'a-path-that-only-strava-knows'
const patienceMs = 60_000
const services = ['gateway', 'scheduler', 'ingestion'] as const

let fleet: Fleet
let collector: TraceCollector
let subscriber: NatsConnection
let app: MobileApp
const processes: Partial<Record<ServiceName, ServiceProcess>> = {}
/** Subject and `traceparent` of each event that was published. */
const published: { type: string; traceparent: string }[] = []

beforeAll(async () => {
  ;[fleet, collector] = await Promise.all([startFleet(), startTraceCollector()])
  fleet.simulator.control.setFaults({ behaviour: { webhooks: { enabled: false } } })
  subscriber = await connect({ servers: fleet.nats.url })
  subscriber.subscribe('>', {
    callback: (_error, message) => {
      const [type, traceparent] = [message.headers?.get('ce-type'), message.headers?.get('traceparent')]
      if (type && traceparent) published.push({ type, traceparent })
    },
  })
  await subscriber.flush()
  const env = { ...collector.settings, DRAIN_SECONDS: '0', STRAVA_WEBHOOK_PATH_SECRET: pathSecret }
  for (const name of services) processes[name] = await fleet.start(name, { env })
  for (const name of services) await processes[name]?.untilReady()
  const gatewayUrl = `http://localhost:${processes.gateway?.port}`
  app = await openMobileApp({ endpoints: { gatewayUrl }, control: createControl(fleet.simulator.url) }, 'ben')
})

afterAll(async () => {
  await subscriber?.close()
  await fleet?.stop()
  await collector?.stop()
})

const inService = ({ service, kind, name }: CollectedSpan): string =>
  `${service.replace('slipstream-', '')} ${kind} ${name}`

/** From the first span of its trace to this one, as `<service> <kind> <name>`. */
const pathTo = (span: CollectedSpan): string[] => {
  const parent = collector.spans().find(({ spanId }) => spanId === span.parentSpanId)
  return [...(parent ? pathTo(parent) : []), inService(span)]
}

const pathsIn = (traceId: string): string[][] =>
  collector
    .spans()
    .filter((span) => span.traceId === traceId)
    .map(pathTo)

const post = async (webhook: object) => {
  const response = await fetch(`http://localhost:${processes.gateway?.port}/webhooks/strava/${pathSecret}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(webhook),
  })
  expect(response.status).toBe(200)
}

describe('one trace goes', () => {
  it('on from where a caller has begun it', async () => {
    const traceId = randomBytes(16).toString('hex')
    await fetch(`http://localhost:${processes.gateway?.port}/config.json`, {
      headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
    })
    await until(patienceMs, async () => {
      const [span] = collector.spans().filter((one) => one.traceId === traceId)
      expect(span).toMatchObject({
        service: 'slipstream-gateway',
        version: manifest.version,
        parentSpanId: 'b7ad6b7169203331',
      })
    })
  })

  it('from the request that completes a link to its first workouts, span by span', async () => {
    await app.api('PUT', '/profile', { displayName: 'Ben', primarySport: 'Run', weeklyGoalHours: 5 })
    const { codeChallenge, codeVerifier } = newProof()
    const deepLink = await app.link({ codeChallenge, decision: 'allow' })
    await app.complete(deepLink.searchParams.get('result') ?? '', codeVerifier)
    await synced(app, patienceMs)

    const completing = ['gateway server POST /api/v1/strava/callback']
    const linked = [...completing, 'gateway producer publish athlete.linked']
    const scheduling = [...linked, 'scheduler consumer process athlete.linked']
    const requested = [...scheduling, 'scheduler producer publish sync.requested']
    const run = [...requested, 'ingestion consumer process sync.requested']
    const told = [...run, 'ingestion producer publish activity.ingested']
    await until(patienceMs, async () => {
      const last = collector.spans().find(({ name }) => name === 'publish sync.finished')
      const paths = pathsIn(last?.traceId ?? '')
      for (const path of [
        completing,
        [...completing, 'gateway client insert links'],
        linked,
        scheduling,
        [...scheduling, 'scheduler client insert schedules'],
        requested,
        run,
        [...run, 'ingestion client strava activities'],
        [...run, 'ingestion client insert workouts'],
        told,
        [...run, 'ingestion producer publish sync.finished'],
      ])
        expect(paths).toContainEqual(path)
      // Whoever receives the event goes on from the span that published it.
      const heard = published.find(({ type }) => type === 'activity.ingested')?.traceparent.split('-')
      const publishing = collector.spans().find(({ spanId }) => spanId === heard?.[2])
      expect(publishing && pathTo(publishing)).toEqual(told)
      expect(publishing?.traceId).toBe(last?.traceId)
    })
  })

  it('from a webhook to the event of the workout; of several that one run answers the others are linked', async () => {
    const { control } = fleet.simulator
    const added = ['One', 'Another'].map((name, index) =>
      control.addActivity('ben', { name, startedHoursAgo: index + 1 }),
    )
    // Both wait while ingestion is frozen, so that one run answers them.
    const ingestion = processes.ingestion?.pid ?? 0
    process.kill(ingestion, 'SIGSTOP')
    for (const { id, athlete } of added) {
      await post({
        ...{ object_type: 'activity', object_id: id, aspect_type: 'create', owner_id: athlete.id, subscription_id: 1 },
        ...{ event_time: Math.floor(Date.now() / 1_000), updates: {} },
      })
    }
    const webhook = 'gateway server POST /webhooks/strava/:secret'
    const wakingUp = [
      webhook,
      'gateway producer publish strava.notified',
      'scheduler consumer process strava.notified',
      'scheduler producer publish sync.requested',
    ]
    const told = () => collector.spans().filter((span) => inService(span) === webhook)
    await until(patienceMs, async () => {
      expect(told()).toHaveLength(2)
      for (const { traceId } of told()) expect(pathsIn(traceId)).toContainEqual(wakingUp)
    })

    process.kill(ingestion, 'SIGCONT')
    const run = [...wakingUp, 'ingestion consumer process sync.requested']
    await until(patienceMs, async () => {
      const runs = collector.spans().filter((span) => pathTo(span).join() === run.join())
      const [working] = runs.filter(({ links }) => links.length > 0)
      const others = told().filter(({ traceId }) => traceId !== working?.traceId)
      expect(working?.links.map(({ traceId, spanId }) => ({ traceId, spanId }))).toEqual(
        others.map(({ traceId, spanId }) => ({ traceId, spanId })),
      )
      const events = pathsIn(working?.traceId ?? '').filter(
        (path) => path.at(-1) === 'ingestion producer publish activity.ingested',
      )
      expect(events).toEqual([
        [...run, 'ingestion producer publish activity.ingested'],
        [...run, 'ingestion producer publish activity.ingested'],
      ])
    })
  })
})

/** Routes and what one answer costs, as docs/architecture.md says. */
const documentedReads = [
  ...readFileSync(join(import.meta.dirname, '../docs/architecture.md'), 'utf8').matchAll(
    /^\| `GET (\/api\/v1(\/.+))` \| (\d+) \|$/gm,
  ),
].map(([, route = '', path = '', commands]) => ({ route, path, commands: Number(commands) }))

describe('what a page asks', () => {
  it('is told in docs/architecture.md', () => {
    expect(documentedReads.length).toBeGreaterThan(4)
  })

  it.each(documentedReads)('costs $commands commands to MongoDB for $route', async ({ route, path, commands }) => {
    const earlier = new Set(collector.spans().map(({ traceId }) => traceId))
    await app.api('GET', path)
    await until(patienceMs, async () => {
      const asked = collector.spans().find((span) => span.name === `GET ${route}` && !earlier.has(span.traceId))
      const calls = collector.spans().filter(({ traceId, kind }) => traceId === asked?.traceId && kind === 'client')
      expect(calls).toHaveLength(commands)
    })
  })
})
