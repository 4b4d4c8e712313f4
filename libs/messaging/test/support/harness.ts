import type { JetStreamManager } from '@nats-io/jetstream'
import type { EventData, EventType, OutboxEvent } from '@slipstream/contracts'
import { newId } from '@slipstream/runtime'
import { createLogger, createMetrics } from '@slipstream/telemetry'
import { startTestNats, type TestNats } from '@slipstream/testing'
import { vi } from 'vitest'
import { type Bus, type BusOptions, connectBus, newEvent } from '../../src/index.ts'

export interface LogLine {
  level: string
  msg: string
  [field: string]: unknown
}

/** A logger whose lines can be looked at. */
export const recordingLog = () => {
  const lines: LogLine[] = []
  const log = createLogger('test', 'debug', { write: (line: string) => lines.push(JSON.parse(line)) })
  return { log, lines }
}

/** A server, a service's bus on it, and what it logged and measured; `connect` makes the bus of another service. */
export const startHarness = async (service: BusOptions['source'] = 'scheduler') => {
  const nats: TestNats = await startTestNats()
  const { log, lines } = recordingLog()
  const metrics = createMetrics('test')
  const connect = (source: BusOptions['source']): Promise<Bus> => connectBus({ url: nats.url, source, log })
  const bus = await connectBus({ url: nats.url, source: service, log, metrics })
  return {
    nats,
    bus,
    connect,
    log,
    lines,
    metrics,
    manager: bus.transport.manager,
    stop: async () => {
      await bus.close()
      await nats.remove()
    },
  }
}

export type Harness = Awaited<ReturnType<typeof startHarness>>

const instant = '2026-11-21T10:00:00.000Z'

export const event = <Type extends EventType>(type: Type, data: EventData<Type>, now = new Date()) =>
  newEvent(type, data, { id: newId('evt'), now })

export const reauthRequired = (athleteId: string, code = 'revoked') =>
  event('athlete.reauth_required', { athleteId, linkId: `lnk_${athleteId}`, code, since: instant })

export const deleted = (athleteId: string, version: number, now?: Date): OutboxEvent<'activity.deleted'> =>
  event(
    'activity.deleted',
    { athleteId, workoutId: `wko_${athleteId}`, stravaActivityId: '1', version, reason: 'deleted_at_strava' },
    now,
  )

export const syncRequested = (athleteId: string, requestedVersion: number) =>
  event('sync.requested', {
    athleteId,
    linkId: `lnk_${athleteId}`,
    runId: `run_${athleteId}_${requestedVersion}`,
    lane: 'interactive',
    cause: 'manual',
    window: { after: instant, before: instant },
    requestedVersion,
    activityIds: [],
    laneVersion: requestedVersion,
    requestedAt: instant,
  })

/** Resolves when this consumer has received the stream's last message and the server waits for no acknowledgement. */
export const allSettled = (manager: JetStreamManager, stream: string, consumer: string) =>
  vi.waitFor(async () => {
    const info = await manager.consumers.info(stream, consumer)
    const { state } = await manager.streams.info(stream)
    const isDelivered = info.num_pending === 0 && info.delivered.stream_seq >= state.last_seq
    if (!isDelivered || info.num_ack_pending > 0) throw new Error('still pending')
  })

export const messagesIn = async (manager: JetStreamManager, stream: string): Promise<number> =>
  (await manager.streams.info(stream)).state.messages

/** How often each verdict was measured for a consumer. */
export const verdictsOf = async ({ metrics }: Harness, consumer: string): Promise<Record<string, number>> => {
  const metric = await metrics.registry.getSingleMetric('slipstream_event_handle_duration_seconds')?.get()
  const counts: Record<string, number> = {}
  for (const value of metric?.values ?? []) {
    const labels = value.labels as Record<string, string>
    const isCount = 'metricName' in value && value.metricName === 'slipstream_event_handle_duration_seconds_count'
    if (isCount && labels.consumer === consumer) counts[`${labels.type} ${labels.verdict}`] = value.value
  }
  return counts
}
