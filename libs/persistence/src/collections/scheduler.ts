import { causes, lanes } from '@slipstream/contracts'
import type { RunRequest, ScheduleRow } from '@slipstream/records'
import {
  count,
  defineCollection,
  oneOf,
  optionalNested,
  optionalText,
  optionalTime,
  outbox,
  outboxIndexes,
  text,
  time,
} from './definition.ts'
import { storedWindow } from './ingestion.ts'

export const schedules = defineCollection<ScheduleRow>(
  'schedules',
  {
    _id: text,
    linkId: text,
    requestedVersion: count,
    completedVersion: count,
    request: optionalNested<RunRequest>({
      runId: text,
      lane: oneOf(lanes),
      cause: oneOf(causes),
      window: storedWindow,
      requestedAt: time,
    }),
    manualRunId: optionalText,
    publishedAt: optionalTime,
    nextDueAt: time,
    outbox,
  },
  [{ name: 'due', key: { nextDueAt: 1 } }, { name: 'published', key: { publishedAt: 1 } }, ...outboxIndexes],
)
