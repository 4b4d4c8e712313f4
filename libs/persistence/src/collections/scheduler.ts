import { causes, lanes } from '@slipstream/contracts'
import type { LaneWants, RunRequest, ScheduleRow, Want, WantedActivity } from '@slipstream/records'
import {
  added,
  count,
  defineCollection,
  flag,
  listOf,
  nested,
  oneOf,
  optionalNested,
  optionalText,
  optionalTime,
  outbox,
  outboxIndexes,
  text,
  time,
} from './definition.ts'
import { storedWindow, wantedActivity } from './ingestion.ts'

const want = added(
  nested<Want>({
    asked: count,
    answered: count,
    runId: text,
    cause: oneOf(causes),
    windowDays: count,
    requestedAt: time,
    activities: added(listOf<WantedActivity>(wantedActivity)),
    mostCalls: added(count),
  }),
)

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
    wants: added(nested<LaneWants>({ interactive: want, realtime: want, scheduled: want, backfill: want })),
    completeUpTo: added(time),
    turns: added(nested<NonNullable<ScheduleRow['turns']>>({ everyMs: count, isStretched: flag })),
    looks: added(
      nested<NonNullable<ScheduleRow['looks']>>({
        since: time,
        count,
        inVain: added(count),
        notBefore: added(optionalTime),
      }),
    ),
    revision: added(count),
    manualRunId: optionalText,
    publishedAt: optionalTime,
    nextDueAt: time,
    failedLists: added(count),
    outbox,
  },
  [
    { name: 'due', key: { nextDueAt: 1 } },
    { name: 'published', key: { publishedAt: 1 } },
    { name: 'complete', key: { completeUpTo: 1 } },
    { name: 'asked_by_hand', key: { 'wants.interactive.requestedAt': 1 }, sparse: true },
    ...outboxIndexes,
  ],
)
