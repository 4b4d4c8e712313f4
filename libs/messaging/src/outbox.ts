import type { OutboxEvent } from '@slipstream/contracts'
import type { OutboxSource, WaitingEvents } from '@slipstream/records'
import { type Backoff, backoffMs, type Clock } from '@slipstream/runtime'
import type { Logger, Metrics } from '@slipstream/telemetry'
import type { Bus } from './bus.ts'

export interface OutboxRelay {
  start(): void
  /** Publishes all that waits now; call it after each write that added an event. */
  nudge(): void
  /** Publishes what waits once more, then ends. */
  stop(): Promise<void>
}

export interface OutboxRelayOptions {
  bus: Pick<Bus, 'publish' | 'readiness'>
  sources: readonly OutboxSource[]
  log: Logger
  metrics: Metrics
  clock: Clock
  /** Told once an event is stored in NATS; the delay counts from when it occurred. */
  onPublished?: (event: OutboxEvent, delaySeconds: number) => void
}

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

/**
 * Moves events from documents to NATS: publish, wait for the server's word, take them out. An event stays until NATS
 * has it; after a crash in between it is published again under the same id.
 */
export const createOutboxRelay = (options: OutboxRelayOptions): OutboxRelay => {
  const { bus, sources, log, metrics, clock, onPublished } = options
  const publishDelay = metrics.histogram<'type'>({
    name: 'slipstream_event_publish_delay_seconds',
    help: 'From the change an event tells to its storage in NATS.',
    labelNames: ['type'],
  })
  metrics.gauge({
    name: 'slipstream_outbox_pending',
    help: 'Events that wait to be published.',
    async collect() {
      const counts = await Promise.all(sources.map((source) => source.count()))
      this.set(counts.reduce((sum, count) => sum + count, 0))
    },
  })

  let failing = false
  const noteFailure = (error: unknown, source: string) => {
    if (!failing) log.warn({ err: error, source }, 'events cannot be published, they wait')
    failing = true
  }
  const noteSuccess = () => {
    if (failing) log.info('events are published again')
    failing = false
  }

  const publishDocument = async ({ documentId, events }: WaitingEvents, source: string) => {
    const eventIds: string[] = []
    try {
      for (const event of events) {
        await bus.publish(event)
        eventIds.push(event.id)
        const delaySeconds = Math.max(0, (clock.now().getTime() - event.occurredAt.getTime()) / 1_000)
        publishDelay.observe({ type: event.type }, delaySeconds)
        onPublished?.(event, delaySeconds)
      }
    } catch (error) {
      noteFailure(error, source)
    }
    return { documentId, eventIds, isComplete: eventIds.length === events.length }
  }

  let hasFoundSome = false
  const relayBatch = async (source: OutboxSource, occurredBefore: Date): Promise<'more' | 'empty' | 'failed'> => {
    const documents = await source.waiting(occurredBefore, batchSize)
    if (documents.length > 0) hasFoundSome = true
    const results: Awaited<ReturnType<typeof publishDocument>>[] = []
    await forEachInFlight(documents, documentsInFlight, async (document) => {
      results.push(await publishDocument(document, source.name))
    })
    const published = results.filter(({ eventIds }) => eventIds.length > 0)
    if (published.length > 0) {
      await source.settle(published.map(({ documentId, eventIds }) => ({ documentId, eventIds })))
    }
    if (!results.every(({ isComplete }) => isComplete)) return 'failed'
    return documents.length === batchSize ? 'more' : 'empty'
  }

  const relaySource = async (source: OutboxSource, occurredBefore: Date): Promise<boolean> => {
    try {
      let state: Awaited<ReturnType<typeof relayBatch>> = 'more'
      while (state === 'more') state = await relayBatch(source, occurredBefore)
      return state === 'empty'
    } catch (error) {
      noteFailure(error, source.name)
      return false
    }
  }

  const relay = async (occurredBefore: Date) => {
    if (!bus.readiness().ok) return
    let isComplete = true
    for (const source of sources) isComplete = (await relaySource(source, occurredBefore)) && isComplete
    if (isComplete) noteSuccess()
  }

  let running: Promise<void> | null = null
  let isNudged = false
  let isStopped = false

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
    else running = run(endOfTime)
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
