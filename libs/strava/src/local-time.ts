/** `(GMT-05:00) America/New_York` → `America/New_York`. Odd but valid names such as `EST5EDT` or `Etc/GMT+5` stay. */
export const zoneName = (timezone: string | null): string | null => timezone?.replace(/^\(.*?\)\s*/, '').trim() || null

/** Where clocks differ most from UTC, with room: they are set between -12 and +14 hours. */
export const maxOffsetSeconds = 18 * 60 * 60

/** `2026-10-25T07:00:00` of any text that begins so and is a time of the calendar; else null. */
export const wallTimeIn = (text: string): string | null => {
  const wallTime = text.slice(0, 19)
  const at = Date.parse(`${wallTime}Z`)
  // Date takes 30 February for 1 March: only what comes back as it was is a time.
  return !Number.isNaN(at) && new Date(at).toISOString().slice(0, 19) === wallTime ? wallTime : null
}

/** Does a clock anywhere show this at that instant? */
export const isWallTimeOf = (wallTime: string, instant: string): boolean =>
  Math.abs(Date.parse(`${wallTime}Z`) - Date.parse(instant)) <= maxOffsetSeconds * 1000

const clockOf = (timeZone: string): Intl.DateTimeFormat | null => {
  try {
    return new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
  } catch {
    // Strava passes on zone names that the time zone database does not have.
    return null
  }
}

/** The wall clock at an instant: by the offset told for it, else by its zone (daylight saving included), else UTC. */
export const wallTimeAt = (instant: string, utcOffsetSeconds: number | null, zone: string | null): string => {
  const at = Date.parse(instant)
  const clock = utcOffsetSeconds === null && zone !== null ? clockOf(zone) : null
  // Swedish writes `2026-10-25 07:00:00`.
  if (clock) return clock.format(at).replace(' ', 'T')
  return new Date(at + (utcOffsetSeconds ?? 0) * 1000).toISOString().slice(0, 19)
}
