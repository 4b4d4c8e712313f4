import type { Buckets } from '@slipstream/quota'
import type { Finding } from '../finding.ts'

export interface CapacityFacts {
  /** Null until a call has told the limits. */
  buckets: Buckets | null
  /** Athletes who are linked, and grants of others that Strava still counts. */
  slots: { linked: number; owed: number }
  /** STRAVA_ATHLETE_LIMIT. */
  athleteLimit: number | null
  /** Strava itself, whose limits tell the tier. */
  isStrava: boolean
}

/** Quarter-hour limits that Strava gives, and how many athletes come with them. Others are set for the app after a review. */
const tiers = [
  { limit15m: 200, name: 'a new app', athletes: 1 },
  { limit15m: 400, name: 'an app upgraded in the dashboard', athletes: 10 },
]

const judgeQuota = ({ overallDay, readDay }: Buckets): Finding[] => {
  const spent = [overallDay, readDay].find(({ used, limit }) => used >= limit)
  if (!spent) return []
  return [
    {
      code: 'quota_day_spent',
      severity: 'warning',
      problem: `the app has used ${spent.used} of ${spent.limit} calls that Strava allows a day; nobody is synced before 00:00 UTC`,
      actor: 'developer',
      fix: 'Ask Strava for a higher limit (https://developers.strava.com/docs/rate-limits/), or see slipstream quota for the lane that used it.',
    },
  ]
}

export const judgeCapacity = ({ buckets, slots, athleteLimit, isStrava }: CapacityFacts): Finding[] => {
  const findings = buckets ? judgeQuota(buckets) : []
  const tier = isStrava && buckets && tiers.find(({ limit15m }) => limit15m === buckets.overall15m.limit)
  if (tier && (athleteLimit ?? 0) > tier.athletes) {
    findings.push({
      code: 'athlete_limit_above_tier',
      severity: 'warning',
      problem: `STRAVA_ATHLETE_LIMIT is ${athleteLimit}, but ${tier.limit15m} calls a quarter hour are the limit of ${tier.name}, with ${tier.athletes} athletes at most: Strava itself refuses the others`,
      actor: 'developer',
      fix: `Set STRAVA_ATHLETE_LIMIT to ${tier.athletes}, or upgrade the app at https://www.strava.com/settings/api.`,
    })
  }
  const taken = slots.linked + slots.owed
  if (athleteLimit !== null && taken >= athleteLimit) {
    findings.push({
      code: 'slots_full',
      severity: 'warning',
      problem: `${taken} of ${athleteLimit} athletes that the app may have are taken (${slots.owed} unlinked whose grant may live on): the next one is refused (app_full)`,
      actor: 'developer',
      fix: 'Ask Strava for more athletes and raise STRAVA_ATHLETE_LIMIT, or unlink who has left: slipstream athletes unlink.',
    })
  }
  if (athleteLimit === null && isStrava) {
    findings.push({
      code: 'athlete_limit_not_set',
      severity: 'info',
      problem: 'STRAVA_ATHLETE_LIMIT is not set: an athlete above the limit of the app meets an error page of Strava',
      actor: 'operator',
      fix: 'Set it to the athlete capacity that https://www.strava.com/settings/api shows.',
    })
  }
  return findings
}
