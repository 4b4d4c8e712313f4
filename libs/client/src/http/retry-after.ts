const secondsUntil = (text: string, now: number): number | null => {
  if (/^\d+$/.test(text)) return Number(text)
  const time = Date.parse(text)
  return Number.isNaN(time) ? null : Math.max(0, Math.ceil((time - now) / 1_000))
}

/** Of the limits that have nothing left, the time until the last of them is renewed. */
const secondsUntilRenewed = (rateLimit: string): number | null => {
  const spent = rateLimit.split(',').filter((limit) => /;\s*r=0\b/.test(limit))
  const seconds = spent.map((limit) => Number(/;\s*t=(\d+)/.exec(limit)?.[1])).filter((value) => !Number.isNaN(value))
  return seconds.length === 0 ? null : Math.max(...seconds)
}

/**
 * How long an answer asks to wait: `Retry-After` (RFC 9110, seconds or a date), else the `RateLimit` that is spent
 * (draft-ietf-httpapi-ratelimit-headers-10). null: it does not say.
 * @param now in milliseconds
 */
export const secondsToWait = (headers: Headers, now: number): number | null => {
  const retryAfter = headers.get('retry-after')
  const told = retryAfter === null ? null : secondsUntil(retryAfter.trim(), now)
  return told ?? secondsUntilRenewed(headers.get('ratelimit') ?? '')
}
