import { jetstream, jetstreamManager } from '@nats-io/jetstream'
import { AuthorizationError, deadline } from '@nats-io/transport-node'
import type { EventData, EventType, OutboxEvent } from '@slipstream/contracts'
import { newId, systemClock, untilItWorks } from '@slipstream/runtime'
import type { Logger, Metrics } from '@slipstream/telemetry'
import {
  exitWhenClosed,
  type Heartbeat,
  type NatsServers,
  openConnection,
  usualHeartbeat,
  watchConnection,
} from './connection.ts'
import { ensureTopology } from './ensure-topology.ts'
import { decodeEvent, encodeEvent } from './envelope.ts'
import { TopologyError, TransientError } from './errors.ts'
import { type FollowOptions, followEvents, lastSequenceIn } from './follow.ts'
import { newEvent } from './new-event.ts'
import { publishEvent } from './publish.ts'

import { subjectsOf } from './subjects.ts'
import { inboxPrefixOf, type ServiceName } from './topology.ts'
import type { Transport } from './transport.ts'

export type { FollowedEvent, FollowOptions } from './follow.ts'

export interface BusOptions extends NatsServers {
  /** How many servers of the cluster keep each stream. Default 1. */
  streamReplicas?: number
  /** Becomes `ce-source: slipstream/<source>` and the connection's name. */
  source: ServiceName
  log: Logger
  metrics?: Metrics
  /** Gives up connecting; without effect afterwards. */
  signal?: AbortSignal
  /** How long to wait for a server that is not there yet, or not ready. Absent: without end. */
  limitMs?: number | undefined
  /** Shortened by tests. */
  heartbeat?: Heartbeat
}

export interface Bus {
  /**
   * Stores an event in its stream; `ce-id` and `Nats-Msg-Id` are the event's id. Resolves when the server has it.
   * @throws TransientError when NATS stays away for about 20 s. The event may have been stored nevertheless.
   */
  publish(event: OutboxEvent): Promise<void>
  /** Tells an event to whoever listens right now; it is not stored and may be lost. */
  announce<Type extends EventType>(type: Type, data: EventData<Type>): void
  /** Hears events of one type as they are published or announced, `'*'` for all athletes. Misses them while away. */
  listen<Type extends EventType>(
    type: Type,
    athleteId: string | '*',
    onData: (data: EventData<Type>) => void,
  ): { stop(): void }
  /**
   * Place of the newest event in the EVENTS stream: who follows from there on misses nothing that comes after the answer.
   * @throws TransientError while NATS is away
   */
  lastSequence(): Promise<number>
  /** Replays and follows an athlete's stored events in order; resolves when the signal is aborted or the bus closes. */
  follow(options: FollowOptions): Promise<void>
  readiness(): { ok: boolean; detail?: string }
  /** Sends what is buffered and disconnects. */
  close(): Promise<void>
  /** For the other parts of this library. */
  readonly transport: Transport
}

/** So long a goodbye may take from a server that has stopped answering. */
const drainLimitMs = 5_000

/** Below the client's 5 s: a request that went down with its connection should not hold up the next one for long. */
const managerTimeoutMs = 3_000

/** Callers at the same time share one run of `work`. */
const shareRuns = (work: () => Promise<void>): (() => Promise<void>) => {
  let running: Promise<void> | null = null
  return () => {
    running ??= work().finally(() => {
      running = null
    })
    return running
  }
}

/**
 * Connects, waiting for a server that is not there yet, and puts this service's streams and consumers in place. From then on it
 * reconnects for ever and restores what a server with an emptied store has lost.
 * @throws TopologyError when a stream on the server is unsafe; with a limit also what kept it from connecting
 */
export const connectBus = async (options: BusOptions): Promise<Bus> => {
  const { source, log, metrics, limitMs, streamReplicas = 1, heartbeat = usualHeartbeat } = options
  const closing = new AbortController()
  const { signal } = closing
  const starting = options.signal ? AbortSignal.any([signal, options.signal]) : signal
  const connectedGauge = metrics?.gauge({ name: 'slipstream_nats_connected', help: '1 while NATS is reachable.' })
  const connection = await untilItWorks(
    () => openConnection(options, { name: `slipstream-${source}`, inboxPrefix: inboxPrefixOf(source), heartbeat }),
    {
      what: 'connecting to NATS',
      log,
      signal: starting,
      limitMs,
      // Who waits without end is not told by an error, and a password may be put right meanwhile.
      isFinal: (error) => limitMs !== undefined && error instanceof AuthorizationError,
    },
  )
  const client = jetstream(connection)
  const manager = await jetstreamManager(connection, { checkAPI: false, timeout: managerTimeoutMs })
  const ceSource = `slipstream/${source}`

  const watch = watchConnection(connection, {
    log,
    onReconnected: () => restoreInBackground(),
    onChange: (connected) => connectedGauge?.set(connected ? 1 : 0),
  })
  const transport: Transport = {
    connection,
    client,
    manager,
    ensureTopology: shareRuns(async () => {
      // A request made while disconnected could only time out, and callers would share the wait.
      if (!watch.connected()) throw new TransientError('not connected to NATS')
      await ensureTopology(manager, source, streamReplicas)
    }),
  }

  let topologyProblem: string | undefined
  const restoreTopology = async (until: AbortSignal, withinMs?: number) => {
    topologyProblem = 'streams are not in place yet'
    await untilItWorks(transport.ensureTopology, {
      what: 'putting streams in place',
      log,
      signal: until,
      limitMs: withinMs,
      isFinal: (error) => error instanceof TopologyError,
    })
    topologyProblem = undefined
  }
  const restoreInBackground = () => {
    restoreTopology(signal).catch((error: unknown) => {
      if (signal.aborted) return
      topologyProblem = error instanceof Error ? error.message : 'streams cannot be put in place'
      log.error({ err: error }, 'streams cannot be put in place')
    })
  }

  void exitWhenClosed(connection, { log, wasAsked: () => signal.aborted, exit: (code) => process.exit(code) })
  try {
    await restoreTopology(starting, limitMs)
  } catch (error) {
    closing.abort()
    await connection.close()
    throw error
  }

  return {
    transport,
    publish: (event) => publishEvent(transport, event, ceSource),
    announce: (type, data) => {
      const event = newEvent(type, data, { id: newId('evt'), now: systemClock.now() })
      const { subject, headers, body } = encodeEvent(event, ceSource)
      connection.publish(subject, body, { headers })
    },
    listen: (type, athleteId, onData) => {
      const [filter = ''] = subjectsOf([type], athleteId)
      const subscription = connection.subscribe(filter, {
        callback: (error, message) => {
          try {
            if (error) throw error
            const event = decodeEvent(message)
            if (event.type === type) onData(event.data as EventData<typeof type>)
          } catch (problem) {
            log.warn({ err: problem, filter }, 'a message heard was left out')
          }
        },
      })
      return { stop: () => subscription.unsubscribe() }
    },
    lastSequence: async () => {
      if (!watch.connected()) throw new TransientError('not connected to NATS')
      return await lastSequenceIn(transport).catch((cause: unknown) => {
        throw new TransientError('NATS does not say how far its stream is', { cause })
      })
    },
    follow: (options) =>
      followEvents(transport, log, { ...options, signal: AbortSignal.any([options.signal, signal]) }),
    readiness: () => {
      if (!watch.connected()) return { ok: false, detail: 'not connected to NATS' }
      return topologyProblem === undefined ? { ok: true } : { ok: false, detail: topologyProblem }
    },
    close: async () => {
      closing.abort()
      if (watch.connected()) {
        await deadline(connection.drain(), drainLimitMs).catch((error: unknown) => {
          log.warn({ err: error }, 'NATS did not confirm what was sent last')
        })
      }
      await connection.close()
    },
  }
}
