import { randomBytes } from 'node:crypto'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { SyncAccepted } from '@slipstream/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import { type RunningSystem, startSystem } from './support/system.ts'
import { until } from './support/until.ts'

let system: RunningSystem
let subscriber: NatsConnection
beforeAll(async () => {
  system = await startSystem('tracing')
})
afterAll(async () => {
  await subscriber?.close()
  await system?.stop()
})

it('one trace goes from the HTTP request through every service to the event of the new workout', async () => {
  const app = await linkAthlete(system, 'dana')
  await synced(app, 30_000)
  // Found because a person asks, not because Strava tells.
  await system.control.setFaults({ behaviour: { webhooks: { enabled: false } } })
  await system.control.addActivity('dana', { name: 'Traced run' })
  subscriber = await connect({ servers: system.endpoints.natsUrl ?? '' })
  const traces = new Map<string, string | undefined>()
  subscriber.subscribe('>', {
    callback: (_error, message) => {
      const type = message.headers?.get('ce-type')
      if (type) traces.set(type, message.headers?.get('traceparent').split('-')[1])
    },
  })
  await subscriber.flush()

  const traceId = randomBytes(16).toString('hex')
  const accessToken = await system.control.tokenFor('dana')
  const response = await fetch(`${system.endpoints.gatewayUrl}/api/v1/strava/sync`, {
    method: 'POST',
    headers: { authorization: `Bearer ${accessToken}`, traceparent: `00-${traceId}-b7ad6b7169203331-01` },
  })
  const { runId } = (await response.json()) as SyncAccepted
  await synced(app, 30_000, runId)

  await until(10_000, async () => {
    for (const type of ['sync.triggered', 'sync.requested', 'activity.ingested', 'sync.finished']) {
      expect(traces.get(type), type).toBe(traceId)
    }
  })
})
