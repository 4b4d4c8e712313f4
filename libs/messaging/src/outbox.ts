import type { OutboxEvent } from '@slipstream/contracts'
import type { DeliveryLog, OutboxSource, RelayedEvents, WaitingEvent, WaitingEvents } from '@slipstream/records'
import { type Backoff, backoffMs, backoffUntil, type Clock } from '@slipstream/runtime'
import { currentTraceparent, type Logger, type Metrics, outsideTrace, SpanKind, withSpan } from '@slipstream/telemetry'
import type { Bus } from './bus.ts'
import { unpublishedLetterOf } from './dead-letter.ts'
import { UnpublishableError } from './errors.ts'

export interface OutboxRelay {
  start(): void
  /** Publishes all that waits now; call it after each write that added an event. */
  nudge(): void
  /** Publishes what waits once more, then ends. */
  stop(): Promise<void>
}

export interface OutboxRelayOptions {
  bus: Pick<Bus, 'publish' | 'readiness'>
  /**
   * Lines of sources. Within a line nothing of a later source is told before what an earlier one held when that was written.
   * Lines wait for none of the others.
   */
  lines: readonly (readonly OutboxSource[])[]
  /** Keeps events that NATS can never take. */
  deliveries: Pick<DeliveryLog, 'keepDeadLetter'>
  log: Logger
  metrics: Metrics
  clock: Clock
  /** Told once an event is stored in NATS; the delay counts from when it occurred. */
  onPublished?: (event: OutboxEvent, delaySeconds: number) => void
}

/** An event that could not be published. The longest pause leaves half of the minute in which all is to be made good. */
const retryPauses: Backoff = { firstMs: 1_000, longestMs: 30_000 }
/** Polls that find nothing get rarer: left behind events are the exception. */
const pollPauses: Backoff = { firstMs: 500, longestMs: 4_000 }
/** Each process publishes its own events at once; older ones were left behind by a process that ended or an outage. */
const leftBehindMs = 2_000
const batchSize = 200
const documentsInFlight = 64
/** Later than any event occurs, whatever the clocks of other processes say. */
const endOfTime = new Date('9999-12-31T00:00:00Z')

const forEachInFlight = async <T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>) => {
  const queue = items.values()
  const lane = async () => {
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane))
}

/** Tells of trouble once when it begins at one source and once when it is over at all. */
const createTrouble = (log: Logger, { begun, over }: { begun: string; over: string }) => {
  const troubled = new Set<OutboxSource>()
  return {
    begin: (error: unknown, source: OutboxSource) => {
      if (troubled.size === 0) log.warn({ err: error, source: source.name }, begun)
      troubled.add(source)
    },
    end: (source: OutboxSource) => {
      if (troubled.delete(source) && troubled.size === 0) log.info(over)
    },
  }
}

/**
 * Moves events from documents to NATS: publish, wait for the server's word, take them out. An event stays until NATS
 * has it; after a crash in between it is published again under the same id. One that cannot be published now waits with
 * its document until its next try and holds up no other; one that never can becomes a dead letter.
 */
export const createOutboxRelay = (options: OutboxRelayOptions): OutboxRelay => {
  const { bus, lines, deliveries, log, metrics, clock, onPublished } = options
  const publishDelay = metrics.histogram<'type'>({
    name: 'slipstream_event_publish_delay_seconds',
    help: 'From the change an event tells to its storage in NATS.',
    labelNames: ['type'],
  })
  metrics.gauge({
    name: 'slipstream_outbox_pending',
    help: 'Events that wait to be published.',
    async collect() {
      const counts = await Promise.all(lines.flat().map((source) => source.count()))
      this.set(counts.reduce((sum, count) => sum + count, 0))
    },
  })
  const storeTrouble = createTrouble(log, {
    begun: 'waiting events cannot be read or settled',
    over: 'waiting events are read and settled again',
  })
  const publishTrouble = createTrouble(log, {
    begun: 'events cannot be published, they wait',
    over: 'events are published again',
  })

  const giveUp = async (source: string, document: WaitingEvents, event: WaitingEvent, error: UnpublishableError) => {
    await deliveries.keepDeadLetter(unpublishedLetterOf(source, { event, linkId: document.linkId }, error))
    log.error(
      { source, eventId: event.id, type: event.type, err: error },
      'event can never be published, dead letter kept',
    )
  }

  /** Whoever receives the event goes on from here. */
  const publishInSpan = (event: WaitingEvent) => {
    const attributes = {
      'messaging.system': 'nats',
      'messaging.operation.type': 'send',
      'messaging.message.id': event.id,
    }
    return withSpan(`publish ${event.type}`, { kind: SpanKind.PRODUCER, parent: event.traceparent, attributes }, () => {
      const traceparent = currentTraceparent()
      return bus.publish({ ...event, ...(traceparent && { traceparent }) })
    })
  }

  const publish = async (event: WaitingEvent, source: OutboxSource) => {
    await publishInSpan(event)
    const delaySeconds = Math.max(0, (clock.now().getTime() - event.occurredAt.getTime()) / 1_000)
    publishDelay.observe({ type: event.type }, delaySeconds)
    onPublished?.(event, delaySeconds)
    if (event.attempts) publishTrouble.end(source)
  }

  /** Null when NATS or MongoDB went away meanwhile: then it is no fault of the event. */
  const failureOf = (event: WaitingEvent, source: OutboxSource, error: unknown): RelayedEvents['failed'] => {
    if (!bus.readiness().ok) return null
    publishTrouble.begin(error, source)
    const attempts = (event.attempts ?? 0) + 1
    const nextTryAt = backoffUntil(clock.now(), retryPauses, attempts)
    return { eventId: event.id, attempts, nextTryAt }
  }

  const relayDocument = async (source: OutboxSource, document: WaitingEvents): Promise<RelayedEvents> => {
    const { documentId, events } = document
    const settledIds: string[] = []
    for (const event of events) {
      const { id: eventId, attempts = 0, nextTryAt } = event
      // Events behind one that waits, added since, take over its time.
      if (nextTryAt && nextTryAt > clock.now())
        return { documentId, settledIds, failed: { eventId, attempts, nextTryAt } }
      try {
        await publish(event, source).catch(async (error: unknown) => {
          if (!(error instanceof UnpublishableError)) throw error
          await giveUp(source.name, document, event, error)
        })
      } catch (error) {
        return { documentId, settledIds, failed: failureOf(event, source, error) }
      }
      settledIds.push(eventId)
    }
    return { documentId, settledIds, failed: null }
  }

  /** Whether it is worth reading on: there is more, and something of this went. */
  const relayBatch = async (source: OutboxSource, documents: readonly WaitingEvents[]): Promise<boolean> => {
    const relayed: RelayedEvents[] = []
    await forEachInFlight(documents, documentsInFlight, async (document) => {
      relayed.push(await relayDocument(source, document))
    })
    await source.settle(relayed)
    return documents.length >= batchSize && relayed.some(({ settledIds }) => settledIds.length > 0)
  }

  const createLine = (sources: readonly OutboxSource[]): OutboxRelay => {
    let running: Promise<void> | null = null
    let isNudged = false
    let isStopped = false
    let hasFoundSome = false

    const read = async (source: OutboxSource, occurredBefore: Date): Promise<readonly WaitingEvents[]> => {
      const documents = await source.waiting({ occurredBefore, now: clock.now() }, batchSize)
      hasFoundSome ||= documents.length > 0
      return documents
    }

    const relay = async (occurredBefore: Date) => {
      if (!bus.readiness().ok) return
      const failed = new Set<OutboxSource>()
      const unlessItFails = async (source: OutboxSource, work: () => Promise<void>) => {
        try {
          await work()
        } catch (error) {
          failed.add(source)
          storeTrouble.begin(error, source)
        }
      }
      const [first, ...later] = sources
      // Nothing stands before the first source: what somebody waits for is not held up by the look at all the others.
      if (first && later.length > 0 && occurredBefore === endOfTime) {
        await unlessItFails(first, async () => {
          await relayBatch(first, await read(first, occurredBefore))
        })
      }
      const found = new Map<OutboxSource, readonly WaitingEvents[]>()
      // From the last to the first: what stands before something that was found here is there by the time its turn is read.
      for (const source of sources.toReversed()) {
        await unlessItFails(source, async () => {
          found.set(source, await read(source, occurredBefore))
        })
      }
      for (const source of sources) {
        // A nudge looks at all that a poll would, and somebody waits for it.
        if (isNudged && occurredBefore < endOfTime) return
        await unlessItFails(source, async () => {
          let goesOn = await relayBatch(source, found.get(source) ?? [])
          // Of a later source more may be read only after all before it was read anew.
          if (goesOn && source !== sources[0]) isNudged = true
          while (goesOn && source === sources[0]) goesOn = await relayBatch(source, await read(source, occurredBefore))
        })
        if (!failed.has(source)) storeTrouble.end(source)
      }
    }
    const run = async (occurredBefore: Date) => {
      await relay(occurredBefore)
      while (isNudged) {
        isNudged = false
        await relay(endOfTime)
      }
      running = null
    }
    const nudge = () => {
      if (isStopped) return
      if (running) isNudged = true
      else running = outsideTrace(() => run(endOfTime))
    }

    let timer: NodeJS.Timeout | undefined
    let emptyPolls = 0
    const poll = async () => {
      // Without NATS nothing is read, and what waits is to go as soon as it is back.
      if (bus.readiness().ok) {
        hasFoundSome = false
        running ??= run(new Date(clock.now().getTime() - leftBehindMs))
        await running
        emptyPolls = hasFoundSome ? 0 : emptyPolls + 1
      } else emptyPolls = 0
      schedulePoll()
    }
    const schedulePoll = () => {
      if (!isStopped) timer = setTimeout(poll, backoffMs(pollPauses, Math.max(1, emptyPolls)))
    }
    return {
      start: schedulePoll,
      nudge,
      stop: async () => {
        clearTimeout(timer)
        nudge()
        isStopped = true
        await running
      },
    }
  }

  const running = lines.map(createLine)
  return {
    start: () => {
      for (const line of running) line.start()
    },
    nudge: () => {
      for (const line of running) line.nudge()
    },
    stop: async () => {
      await Promise.all(running.map((line) => line.stop()))
    },
  }
}
