import type { QuotaBucket, QuotaRow } from '@slipstream/records'
import { count, defineCollection, nested, optionalTime, text, time } from './definition.ts'

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
  revision: count,
})
