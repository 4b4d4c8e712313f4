import type { AllowanceRow, ClockLead, QuotaBucket, QuotaRow } from '@slipstream/records'
import { added, count, defineCollection, nested, optionalNested, optionalTime, text, time } from './definition.ts'

const bucket = nested<QuotaBucket>({ limit: count, used: count, windowStart: time })

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
  stravaLead: added(optionalNested<ClockLead>({ leastMs: count, mostMs: count })),
  revision: count,
})

export const allowances = defineCollection<AllowanceRow>(
  'allowances',
  { _id: text, windowStart: time, used: count, expiresAt: time },
  [{ name: 'garbage', key: { expiresAt: 1 }, expireAfterSeconds: 0 }],
)
