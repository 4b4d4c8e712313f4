import type { OutboxEvent } from '@slipstream/contracts'
import { TransientError } from '@slipstream/messaging'
import { encodeEvent } from '../../../libs/messaging/src/envelope.ts'
import { type ConsumerName, consumers, streams } from '../../../libs/messaging/src/topology.ts'
import type { Random } from '../../../services/simulator/src/domain/random.ts'
import type { Process, Steps } from './steps.ts'

/** A message as JetStream hands it over, with all that `deliver` asks of it. */
export interface HandedOver {
  subject: string
  headers: ReturnType<typeof encodeEvent>['headers']
  data: Uint8Array
  string(): string
  ackAck(): Promise<boolean>
  nak(delayMs?: number): void
  term(reason?: string): void
  working(): void
}

interface Waiting {
  consumer: ConsumerName
  subject: string
  envelope: ReturnType<typeof encodeEvent>
  availableMs: number
}

interface Worker {
  process: Process
  life: number
  consumer: ConsumerName
  free: number
  handle(message: HandedOver): Promise<void>
}

const duplicateWindowMs = 2 * 60_000

const matchesFilter = (subject: string, filter: string): boolean => subject.startsWith(filter.slice(0, -1))

const isOnSync = (subject: string) => subject.startsWith('sync.requested.')

/**
 * JetStream as its clients know it, with the declared streams and consumers: one message for each subject of `SYNC`, no message
 * twice within the duplicate window, delivery again after a nak, or when a worker was silent for too long.
 */
export const createMemoryNats = (steps: Steps, random: Random) => {
  let waiting: Waiting[] = []
  let workers: Worker[] = []
  const stored = new Map<string, number>()
  let awayUntilMs = 0
  const told: OutboxEvent[] = []

  const isAway = () => steps.now() < awayUntilMs

  const publish = (event: OutboxEvent, source: string) => {
    if (isAway()) throw new TransientError('NATS is away')
    const storedMs = stored.get(event.id)
    if (storedMs !== undefined && steps.now() - storedMs < duplicateWindowMs) return
    stored.set(event.id, steps.now())
    told.push(event)
    const envelope = encodeEvent(event, source)
    const { subject } = envelope
    if (isOnSync(subject) && streams.SYNC.max_msgs_per_subject === 1)
      waiting = waiting.filter((message) => message.subject !== subject)
    for (const [consumer, { filterSubjects }] of Object.entries(consumers)) {
      if (filterSubjects.some((filter) => matchesFilter(subject, filter)))
        waiting.push({ consumer: consumer as ConsumerName, subject, envelope, availableMs: steps.now() })
    }
  }

  const handOver = (worker: Worker, message: Waiting) => {
    const { process, life } = worker
    const { ackWaitMs } = consumers[message.consumer]
    const isHeard = () => steps.isAlive(process, life) && process.pausedUntilMs <= steps.now() && !isAway()
    message.availableMs = steps.now() + ackWaitMs
    worker.free -= 1
    steps.log(`${process.name} is handed ${message.subject}`)
    const settle = () => {
      if (isHeard()) waiting = waiting.filter((one) => one !== message)
    }
    const later = (ms: number) => {
      if (isHeard()) message.availableMs = steps.now() + ms
    }
    // The first step is the process's own, so that what it sets going belongs to it.
    steps.schedule(process, `takes ${message.subject}`, 0, () => {
      void worker
        .handle({
          subject: message.subject,
          headers: message.envelope.headers,
          data: new TextEncoder().encode(message.envelope.body),
          string: () => message.envelope.body,
          ackAck: async () => {
            await steps.turn(process, `acks ${message.subject}`)
            settle()
            return true
          },
          nak: (delayMs = 0) => later(delayMs),
          term: settle,
          working: () => later(ackWaitMs),
        })
        .finally(() => {
          worker.free += 1
        })
    })
  }

  const isFree = ({ process, life, free }: Worker) =>
    free > 0 && steps.isAlive(process, life) && process.pausedUntilMs <= steps.now()

  steps.offer({
    ready: () => {
      if (isAway()) return []
      return waiting
        .filter(({ availableMs }) => availableMs <= steps.now())
        .flatMap((message) => {
          const free = workers.filter((worker) => worker.consumer === message.consumer && isFree(worker))
          const [first, ...others] = free
          return first ? [() => handOver(random.pick([first, ...others]), message)] : []
        })
    },
    nextMs: () => {
      const times = [awayUntilMs, ...waiting.map(({ availableMs }) => availableMs)]
      return Math.min(...times.filter((ms) => ms > steps.now()), Number.POSITIVE_INFINITY)
    },
  })

  return {
    publish,
    isAway,
    /** Every event that was stored, in the order of storing. */
    told,
    work: (process: Process, consumer: ConsumerName, handle: Worker['handle']) => {
      workers = workers.filter((worker) => steps.isAlive(worker.process, worker.life))
      const { concurrency } = consumers[consumer]
      workers.push({ process, life: process.life, consumer, free: concurrency, handle })
    },
    /** All that was stored is gone; what was published before may be published again. */
    wipe: () => {
      waiting = []
      stored.clear()
    },
    loseOne: () => {
      const lost = random.integer(0, Math.max(0, waiting.length - 1))
      waiting = waiting.filter((_, index) => index !== lost)
    },
    /** Handed over once more though somebody works on it. */
    doubleOne: () => {
      const message = waiting[random.integer(0, Math.max(0, waiting.length - 1))]
      if (message) message.availableMs = steps.now()
    },
    goAway: (forMs: number) => {
      awayUntilMs = steps.now() + forMs
    },
  }
}

export type MemoryNats = ReturnType<typeof createMemoryNats>
