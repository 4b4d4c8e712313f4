import type { Finding } from '../finding.ts'

/** A clock as it was heard: it showed a time between `earliest` and `latest`, somewhere between asking and the answer. */
export interface HeardClock {
  whose: 'MongoDB' | 'Strava'
  earliest: Date
  latest: Date
  askedAt: Date
  answeredAt: Date
}

/** A lease, a link token and a JWT still work with so much; above, people notice. */
const noticeableMs = 5_000
/** Quota windows, one-time values and tokens are judged wrongly. */
const harmfulMs = 60_000

/** By how much this machine is surely behind (positive) or ahead (negative) of a clock; 0 where the answer leaves it open. */
export const skewOf = ({ earliest, latest, askedAt, answeredAt }: HeardClock): number => {
  const leastMs = earliest.getTime() - answeredAt.getTime()
  const mostMs = latest.getTime() - askedAt.getTime()
  if (leastMs > 0) return leastMs
  return mostMs < 0 ? mostMs : 0
}

export const judgeClock = (clock: HeardClock): Finding[] => {
  const skewMs = skewOf(clock)
  const size = Math.abs(skewMs)
  if (size < noticeableMs) return []
  return [
    {
      code: 'clock_skew',
      severity: size < harmfulMs ? 'warning' : 'error',
      problem: `the clock of this machine is ${Math.round(size / 1_000)} s ${skewMs > 0 ? 'behind' : 'ahead of'} that of ${clock.whose}`,
      actor: 'operator',
      fix: 'Have all machines keep time by NTP (timedatectl set-ntp true, or chrony), also those that run containers.',
    },
  ]
}
