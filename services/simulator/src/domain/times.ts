/** Strava's time format: whole seconds, always a Z. */
export const stravaTime = (at: Date): string => `${at.toISOString().slice(0, 19)}Z`

export const epochSeconds = (at: Date): number => Math.floor(at.getTime() / 1000)

/** The zone's name in Strava's `(GMT-05:00) America/New_York`. */
const zoneName = (timezone: string): string => timezone.slice(timezone.indexOf(' ') + 1)

const formatters = new Map<string, Intl.DateTimeFormat>()

const formatterFor = (zone: string): Intl.DateTimeFormat => {
  const known = formatters.get(zone)
  if (known) return known
  const created = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
  formatters.set(zone, created)
  return created
}

/** Seconds east of UTC at that moment, daylight saving included. `timezone` is Strava's form. */
export const utcOffsetSeconds = (timezone: string, at: Date): number => {
  const parts = formatterFor(zoneName(timezone)).formatToParts(at)
  const name = parts.find((part) => part.type === 'timeZoneName')?.value ?? 'GMT'
  const match = /^GMT([+-])(\d{2}):(\d{2})$/.exec(name)
  if (!match) return 0
  const [, sign, hours, minutes] = match
  return (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60)
}

/** What a clock on the wall there shows, as if it were UTC: epoch milliseconds. */
export const wallClockMs = (at: Date, timezone: string): number => at.getTime() + utcOffsetSeconds(timezone, at) * 1000

/** When the clock there shows this; of an hour that daylight saving leaves out or repeats, either of the two. */
export const instantOf = (wallMs: number, timezone: string): Date => {
  const roughly = new Date(wallMs - utcOffsetSeconds(timezone, new Date(wallMs)) * 1000)
  return new Date(wallMs - utcOffsetSeconds(timezone, roughly) * 1000)
}
