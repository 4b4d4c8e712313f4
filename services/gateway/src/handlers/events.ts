import type { EventData, EventType, Status } from '@slipstream/contracts'
import type { Bus, FollowedEvent } from '@slipstream/messaging'
import type { Clock } from '@slipstream/runtime'
import type { Request, Response } from 'express'
import { RefusalError } from '../domain/refusal.ts'
import { markStreaming } from '../http/observe.ts'
import type { AthleteRoute } from '../http/route.ts'
import type { ReadStatus } from './status.ts'
import type { StreamRegistry } from './stream-registry.ts'

export interface EventsDeps {
  /** @throws TransientError as long as NATS was not reached since the start */
  bus(): Pick<Bus, 'follow' | 'listen' | 'lastSequence'>
  readStatus: ReadStatus
  streams: StreamRegistry
  clock: Clock
  heartbeatMs: number
  facts: { streamFailed(error: unknown): void }
}

/** Stored events an athlete is shown, and the name each is sent under. */
const shownAs = {
  'athlete.linked': 'link',
  'athlete.unlinked': 'link',
  'athlete.reauth_required': 'link',
  'sync.triggered': 'sync',
  'sync.finished': 'sync',
  'activity.ingested': 'activity',
  'activity.updated': 'activity',
  'activity.deleted': 'activity',
} as const satisfies Partial<Record<EventType, string>>

type ShownType = keyof typeof shownAs
const shownTypes = Object.keys(shownAs) as ShownType[]

/** Longest delay a timer takes; a token that lives longer ends its stream then, and the client comes back. */
const maxTimerMs = 2 ** 31 - 1

const maxBufferedBytes = 1_000_000

/** How long a client waits before it comes back. */
const retryMs = 3_000

const readLastEventId = (request: Request): number | null => {
  const text = request.get('Last-Event-ID')
  if (text === undefined || text === '') return null
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new RefusalError('invalid_request', [{ path: 'Last-Event-ID', message: 'must be an id of this stream' }])
}

const write = (response: Response, message: { event: string; data: unknown; id?: number }): void => {
  const id = message.id === undefined ? '' : `id: ${message.id}\n`
  response.write(`${id}event: ${message.event}\ndata: ${JSON.stringify(message.data)}\n\n`)
}

const begin = (response: Response): void => {
  markStreaming(response)
  response.status(200).set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' }).flushHeaders()
  response.write(`retry: ${retryMs}\n\n`)
}

/**
 * What happens to the athlete's connection, as it happens: a `status` snapshot first and after every change, and
 * `link`, `sync`, `activity` and `progress` between them. Ids are places in the EVENTS stream, so a client that comes
 * back with `Last-Event-ID` misses nothing of the last 7 days. Ends when the access token does.
 */
export const eventsRoute = (deps: EventsDeps): AthleteRoute => ({
  method: 'get',
  path: '/api/v1/strava/events',
  access: 'athlete',
  handle: async (request, response, { athleteId, tokenExpiresAt }) => {
    const lastEventId = readLastEventId(request)
    const bus = deps.bus()
    // Before anything is read or the client hears that the stream is open: what it then asks the API for has all up to here.
    const after = lastEventId ?? (await bus.lastSequence())
    const first = await deps.readStatus(athleteId)
    begin(response)

    const ending = new AbortController()
    const end = () => ending.abort()
    let lastStatus = ''
    let reading: Promise<void> = Promise.resolve()
    let isReadDue = false

    const fail = (error: unknown) => {
      deps.facts.streamFailed(error)
      end()
    }
    const sendStatus = (status: Status) => {
      const text = JSON.stringify(status)
      if (ending.signal.aborted || text === lastStatus) return
      lastStatus = text
      write(response, { event: 'status', data: status })
    }
    /** One read at a time, each begun after what caused it: the last snapshot sent is never an old one. */
    const refreshStatus = (): Promise<void> => {
      // The read that is due has not begun, and will see this, too.
      if (isReadDue) return reading
      isReadDue = true
      reading = reading
        .then(async () => {
          isReadDue = false
          if (!ending.signal.aborted) sendStatus(await deps.readStatus(athleteId))
        })
        .catch(fail)
      return reading
    }
    const onEvent = ({ sequence, type, data, time }: FollowedEvent) => {
      if (ending.signal.aborted) return
      const event = shownAs[type as ShownType]
      write(response, { id: sequence, event, data: { type, time, ...(data as EventData<ShownType>) } })
      if (event !== 'activity') void refreshStatus()
    }

    sendStatus(first)
    const leave = deps.streams.enter(athleteId, { wake: refreshStatus, end })
    const progress = bus.listen('sync.progress', athleteId, (data) => {
      if (ending.signal.aborted) return
      write(response, { event: 'progress', data })
      // Why a run waits, and what it expects, stand in its row alone.
      void refreshStatus()
    })
    const heartbeat = setInterval(() => {
      // A client that has stopped reading would otherwise be buffered for without end.
      if (response.writableLength > maxBufferedBytes) {
        response.destroy()
        return
      }
      response.write(': still here\n\n')
      // What was to be told may have been lost.
      void refreshStatus()
    }, deps.heartbeatMs)
    const lifetimeMs = Math.min(tokenExpiresAt.getTime() - deps.clock.now().getTime(), maxTimerMs)
    const expiry = setTimeout(end, Math.max(0, lifetimeMs))
    response.once('close', end)
    ending.signal.addEventListener('abort', () => {
      leave()
      progress.stop()
      clearInterval(heartbeat)
      clearTimeout(expiry)
      response.end()
    })
    // Gone while the first status was read: its close event is past.
    if (response.closed) return end()
    bus.follow({ types: shownTypes, athleteId, after, onEvent, signal: ending.signal }).catch(fail)
  },
})
