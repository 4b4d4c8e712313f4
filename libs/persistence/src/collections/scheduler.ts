import type { Cause, Lane, OutboxEvent } from '@slipstream/contracts'
import {
  count,
  defineCollection,
  id,
  nested,
  optionalText,
  optionalTime,
  outbox,
  outboxIndex,
  text,
  time,
} from './definition.ts'

/**
 * When an athlete is due, and what is asked for now. `_id` is the athleteId. Work is open while
 * `requestedVersion > completedVersion`: that row is the truth, the NATS message only a hint.
 */
export interface ScheduleDocument {
  _id: string
  linkId: string
  requestedVersion: number
  completedVersion: number
  /** The newest request; kept after completion as the last one. */
  request: {
    runId: string
    lane: Lane
    cause: Cause
    window: { after: Date; before: Date }
    requestedAt: Date
  } | null
  /** The last manual request taken in, so that a repeated or late trigger is known. */
  manualRunId: string | null
  /** When the hint was last handed to NATS. */
  publishedAt: Date | null
  nextDueAt: Date
  outbox: OutboxEvent[]
}

export const schedules = defineCollection<ScheduleDocument>(
  'schedules',
  {
    _id: id,
    linkId: text,
    requestedVersion: count,
    completedVersion: count,
    request: {
      type: nested({
        runId: text,
        lane: text,
        cause: text,
        window: { type: nested({ after: time, before: time }), required: true },
        requestedAt: time,
      }),
      default: null,
    },
    manualRunId: optionalText,
    publishedAt: optionalTime,
    nextDueAt: time,
    outbox,
  },
  [{ name: 'due', key: { nextDueAt: 1 } }, { name: 'published', key: { publishedAt: 1 } }, outboxIndex],
)
