import { createParser, type EventSourceMessage } from 'eventsource-parser'
import type {
  ActivityDeleted,
  ActivityIngested,
  ActivityUpdated,
  AthleteLinked,
  AthleteReauthRequired,
  AthleteUnlinked,
  Status,
  SyncFinished,
  SyncProgress,
  SyncTriggered,
} from '../generated/contracts.ts'
import { delay, withTimeout } from './abort.ts'
import { localError, SlipstreamError } from './error.ts'
import { backoffMs } from './retry.ts'

type Told<Type extends string, Data> = { type: Type; time: string } & Data

interface LiveData {
  status: Status
  link:
    | Told<'athlete.linked', AthleteLinked>
    | Told<'athlete.unlinked', AthleteUnlinked>
    | Told<'athlete.reauth_required', AthleteReauthRequired>
  sync: Told<'sync.triggered', SyncTriggered> | Told<'sync.finished', SyncFinished>
  activity:
    | Told<'activity.ingested', ActivityIngested>
    | Told<'activity.updated', ActivityUpdated>
    | Told<'activity.deleted', ActivityDeleted>
  progress: SyncProgress
}

/** What happens to the athlete's connection. `id` is where to go on behind it, null where the event has no place. */
export type LiveEvent = {
  [Name in keyof LiveData]: { event: Name; id: string | null; data: LiveData[Name] }
}[keyof LiveData]

export interface FollowOptions {
  /** Ends the stream quietly. */
  signal?: AbortSignal
  /** Go on behind this event; kept for 7 days. Without it: from now on. */
  lastEventId?: string
  /** Told when the stream stands and when it was lost, for each change. It comes back by itself. */
  onConnection?: (state: 'open' | 'lost') => void
}

/** The gateway sends at least a comment every 15 s. */
const longestSilenceMs = 50_000
const longestWaitMs = 30_000

const names: Readonly<Record<LiveEvent['event'], true>> = {
  status: true,
  link: true,
  sync: true,
  activity: true,
  progress: true,
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw localError('unexpected_answer', { cause })
  }
}

/** null: an event of a later release. */
const liveEventOf = ({ event = '', id, data }: EventSourceMessage): LiveEvent | null =>
  Object.hasOwn(names, event) ? ({ event, id: id ?? null, data: parse(data) } as LiveEvent) : null

/** What the caller has to see to; all else is waited out. */
const isFinal = (error: unknown): boolean =>
  !(error instanceof SlipstreamError) ||
  error.code === 'unexpected_answer' ||
  (error.status !== null && error.status < 500 && error.status !== 429 && error.status !== 408)

interface Cursor {
  lastEventId: string | undefined
  /** As the gateway asks. */
  retryMs: number
}

/** The messages of one connection, until it ends. */
async function* messagesOf(
  body: ReadableStream<Uint8Array>,
  cursor: Cursor,
  onBytes: () => void,
): AsyncGenerator<EventSourceMessage> {
  let received: EventSourceMessage[] = []
  const parser = createParser({
    onEvent: (message) => received.push(message),
    onRetry: (ms) => {
      cursor.retryMs = ms
    },
  })
  const decoder = new TextDecoder()
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch((cause: unknown) => {
        throw localError('unreachable', { cause })
      })
      if (done) return
      onBytes()
      parser.feed(decoder.decode(value, { stream: true }))
      const messages = received
      received = []
      yield* messages
    }
  } finally {
    await reader.cancel().catch(() => {}) // already broken
  }
}

/**
 * Follows a stream of server-sent events through breaks, each time with a fresh access token and behind the last event
 * that was handed over.
 * @param open asks for the stream once; `lastEventId` is undefined at the beginning
 * @throws SlipstreamError when the gateway refuses in a way that waiting does not mend
 */
export async function* follow(
  open: (lastEventId: string | undefined, signal: AbortSignal) => Promise<Response>,
  { signal, lastEventId, onConnection }: FollowOptions,
  silenceMs = longestSilenceMs,
): AsyncGenerator<LiveEvent, void, undefined> {
  const cursor: Cursor = { lastEventId, retryMs: 1_000 }
  let failures = 0
  let isOpen = false
  const setOpen = (value: boolean) => {
    if (isOpen === value) return
    isOpen = value
    onConnection?.(value ? 'open' : 'lost')
  }

  while (!signal?.aborted) {
    const limit = withTimeout(signal, silenceMs)
    let waitMs = 0
    try {
      const { body } = await open(cursor.lastEventId, limit.signal)
      if (body === null || body === undefined) throw localError('unexpected_answer')
      setOpen(true)
      failures = 0
      for await (const message of messagesOf(body, cursor, limit.begin)) {
        const event = liveEventOf(message)
        if (message.id !== undefined) cursor.lastEventId = message.id
        if (event === null) continue
        // The time that the caller takes is no silence of the gateway.
        limit.pause()
        yield event
        limit.begin()
      }
      waitMs = cursor.retryMs
    } catch (error) {
      if (signal?.aborted) return
      if (!limit.isTimedOut() && isFinal(error)) throw error
      failures += 1
      const told = error instanceof SlipstreamError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0
      waitMs = Math.max(told, Math.min(longestWaitMs, Math.max(cursor.retryMs, backoffMs(failures, Math.random()))))
    } finally {
      limit.end()
    }
    setOpen(false)
    await delay(waitMs, signal).catch(() => {}) // ended by the caller
  }
}
