/**
 * What the page shows as text. English, 24-hour clock, metric units. None of these throws: one odd value shows as absent
 * and costs no card.
 */

const locale = 'en-GB'
/** An absent value: an en dash, which screen readers pass over. */
export const absent = '–'

const dayAndTime = { weekday: 'short', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const
const localFormat = new Intl.DateTimeFormat(locale, { ...dayAndTime, timeZone: 'UTC' })
const localDayFormat = new Intl.DateTimeFormat(locale, {
  weekday: 'short',
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
})
const decimal = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 })
const ratioFormat = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })

const isTime = (date: Date): boolean => !Number.isNaN(date.getTime())

/** Strava gives a start that its owner hides as one second past midnight. */
export const isStartHidden = (startedAtLocal: string): boolean => startedAtLocal.endsWith('T00:00:01')

/**
 * `2026-11-20T07:12:00`, wall-clock time of the place, as `Fri 20 Nov, 07:12`, whatever zone the reader is in; the day alone
 * where the time is hidden.
 */
export const formatLocalTime = (startedAtLocal: string): string => {
  const date = new Date(`${startedAtLocal}Z`)
  if (!isTime(date)) return absent
  return (isStartHidden(startedAtLocal) ? localDayFormat : localFormat).format(date)
}

/** A calendar day, `2026-11-20`, as `Fri 20 Nov`. */
export const formatDate = (date: string): string => {
  const day = new Date(date)
  return isTime(day) ? localDayFormat.format(day) : absent
}

export const formatTenths = (value: number): string => decimal.format(value)

export const formatWhole = (value: number): string => whole.format(value)

const momentOf = (instant: string, now: Date, timeZone: string | undefined) => {
  const zone = timeZone === undefined ? {} : { timeZone }
  const at = new Date(instant)
  if (!isTime(at)) return { isToday: false, text: absent }
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'short', ...zone })
  const isToday = day.format(at) === day.format(now)
  const shape = isToday ? ({ hour: '2-digit', minute: '2-digit' } as const) : dayAndTime
  return { isToday, text: new Intl.DateTimeFormat(locale, { ...shape, ...zone }).format(at) }
}

/** An instant in the reader's own zone (or `timeZone`): only the time of day when it is today. */
export const formatInstant = (instant: string, now: Date, timeZone?: string): string => {
  const { isToday, text } = momentOf(instant, now, timeZone)
  return isToday ? `today at ${text}` : text
}

/** The same without `today at`, where many stand in a list or a sentence says so: `22:28`, `Fri 20 Nov, 07:12`. */
export const formatMoment = (instant: string, now: Date, timeZone?: string): string =>
  momentOf(instant, now, timeZone).text

/** The day of an instant, with its year: `20 November 2026`, in the reader's own zone (or `timeZone`). */
export const formatDay = (instant: string, timeZone?: string): string => {
  const at = new Date(instant)
  const zone = timeZone === undefined ? {} : { timeZone }
  return isTime(at) ? new Intl.DateTimeFormat(locale, { dateStyle: 'long', ...zone }).format(at) : absent
}

/** Metres as `12.3 km` or `950 m`; nothing to tell for sports without distance. */
export const formatDistance = (meters: number): string => {
  if (meters <= 0) return absent
  return Math.round(meters) < 1_000 ? `${formatWhole(meters)} m` : `${formatTenths(meters / 1000)} km`
}

/** Seconds as `59 min` or `1 h 05`, rounded to the minute. */
export const formatDuration = (seconds: number): string => {
  const minutes = Math.round(seconds / 60)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')}`
}

/** Metres of climb; 0 is told as well where it is not known. */
export const formatElevation = (meters: number): string => (meters > 0 ? `${formatWhole(meters)} m` : absent)

export const formatHeartRate = (beatsPerMinute: number | null): string =>
  beatsPerMinute === null ? absent : `${formatWhole(beatsPerMinute)} bpm`

export const formatRatio = (ratio: number | null): string => (ratio === null ? absent : ratioFormat.format(ratio))

/** `TrailRun` → `Trail run`; works for sports Strava adds later, since the list is open. */
export const formatSport = (sportType: string): string => {
  const words = sportType
    .replace(/^E(?=[A-Z][a-z])/, 'E-')
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/_/g, ' ')
    .split(' ')
  return words.map((word, index) => (index === 0 || /^[A-Z]{2,}$/.test(word) ? word : word.toLowerCase())).join(' ')
}

/** A name that shows nothing: empty, or blanks and signs without a width. */
const blankName = /^[\s\p{Cf}\p{Cc}]*$/u

/** What a workout is called; athletes may leave the name out. */
export const formatTitle = ({ name, sportType }: { name: string; sportType: string }): string =>
  blankName.test(name) ? `Untitled ${formatSport(sportType).toLowerCase()}` : name

/** How long until `instant`, rounded so that the text does not flicker: `about 4 s`, `about 3 min`, `about 2 h`. */
export const formatUntil = (instant: string, now: Date): string => {
  const seconds = Math.ceil((Date.parse(instant) - now.getTime()) / 1000)
  if (seconds <= 1) return 'about 1 s'
  if (seconds < 60) return `about ${seconds} s`
  if (seconds < 3600) return `about ${Math.round(seconds / 60)} min`
  return `about ${Math.round(seconds / 3600)} h`
}

/** `1 workout`, `12 workouts`. */
export const formatCount = (count: number, one: string, many = `${one}s`): string =>
  `${whole.format(count)} ${count === 1 ? one : many}`
