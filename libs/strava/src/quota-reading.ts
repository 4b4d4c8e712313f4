/** Calls allowed and made in one quota bucket pair: the current quarter hour and the current UTC day. */
export interface QuotaPart {
  limit15m: number
  limitDay: number
  used15m: number
  usedDay: number
}

/** What an answer's headers say about the quota; a part is null where its headers are missing or unreadable. */
export interface QuotaReading {
  overall: QuotaPart | null
  read: QuotaPart | null
  /** Strava's clock at the answer, in whole seconds: quota windows follow it. */
  stravaDate: Date | null
}

/** `"<15 min>,<day>"`; Strava also sends `","` (seen on POST /activities) and nothing at all (streams, OAuth). */
const readPair = (header: string | null): [number, number] | null => {
  const match = /^\s*(\d+)\s*,\s*(\d+)\s*$/.exec(header ?? '')
  return match ? [Number(match[1]), Number(match[2])] : null
}

const readPart = (headers: Headers, name: string): QuotaPart | null => {
  const limit = readPair(headers.get(`x-${name}-limit`))
  const used = readPair(headers.get(`x-${name}-usage`))
  if (!limit || !used) return null
  return { limit15m: limit[0], limitDay: limit[1], used15m: used[0], usedDay: used[1] }
}

const readDate = (header: string | null): Date | null => {
  const date = new Date(header ?? '')
  return Number.isNaN(date.getTime()) ? null : date
}

/**
 * Reads `X-RateLimit-*` (all calls) and `X-ReadRateLimit-*` (all but uploads), and `Date`; header names match in any
 * casing. Null when none is readable. Source: https://developers.strava.com/docs/rate-limits/
 */
export const readQuota = (headers: Headers): QuotaReading | null => {
  const overall = readPart(headers, 'ratelimit')
  const read = readPart(headers, 'readratelimit')
  const stravaDate = readDate(headers.get('date'))
  return overall || read || stravaDate ? { overall, read, stravaDate } : null
}
