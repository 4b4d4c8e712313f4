import {
  type AllowanceRow,
  type ClockLead,
  type LaneCalls,
  operations,
  type QuotaBucket,
  type QuotaRow,
  type StopRow,
  type StopRows,
  stopTroubles,
} from '@slipstream/records'
import {
  added,
  count,
  defineCollection,
  nested,
  oneOf,
  optionalNested,
  optionalOneOf,
  optionalTime,
  text,
  texts,
  time,
} from './definition.ts'

const byLane = nested<LaneCalls>({
  interactive: added(count),
  realtime: added(count),
  scheduled: added(count),
  backfill: added(count),
})

const bucket = nested<QuotaBucket>({
  limit: count,
  used: count,
  windowStart: time,
  byLane: added(byLane),
  before: added(nested<NonNullable<QuotaBucket['before']>>({ used: count, byLane })),
})

const stop = optionalNested<StopRow>({
  trouble: oneOf(stopTroubles),
  failures: count,
  failedFor: texts,
  since: optionalTime,
  probes: count,
  nextProbeAt: optionalTime,
})

export const quota = defineCollection<QuotaRow>('quota', {
  _id: text,
  overall15m: bucket,
  overallDay: bucket,
  read15m: bucket,
  readDay: bucket,
  inactiveSince: optionalTime,
  failuresInRow: count,
  unavailableSince: optionalTime,
  nextProbeAt: optionalTime,
  stops: added(nested<StopRows>({ app: stop, activities: stop, activity: stop, athlete: stop, refresh: stop })),
  stravaLead: added(optionalNested<ClockLead>({ leastMs: count, mostMs: count })),
  revision: count,
})

export const allowances = defineCollection<AllowanceRow>(
  'allowances',
  {
    _id: text,
    windowStart: time,
    used: count,
    failures: count,
    failingOperation: optionalOneOf(operations),
    failingSince: optionalTime,
    retryAt: optionalTime,
    expiresAt: time,
  },
  [{ name: 'garbage', key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
)
