interface Bounds {
  min: number
  max: number
}

/**
 * What one activity of a person can show, by Strava's names and units. Wide on purpose: they are to catch a broken sensor
 * or a typing error, never a record. The long ones are taken from the Race Across America, ridden without a stop of the
 * clock: 4,900 km, 53,000 m of climb, up to 12 days.
 */
const bounds = {
  /** Metres. */
  distance: { min: 0, max: 5_000_000 },
  /** Seconds: two weeks. */
  moving_time: { min: 0, max: 1_209_600 },
  /** Seconds: two weeks. */
  elapsed_time: { min: 0, max: 1_209_600 },
  /** Metres. */
  total_elevation_gain: { min: 0, max: 100_000 },
  /** Beats per minute: below the slowest heart at rest, above the fastest under strain. 0 is a strap without contact. */
  average_heartrate: { min: 20, max: 250 },
  max_heartrate: { min: 20, max: 250 },
  /** Revolutions per minute: sprints on rollers reach 280. */
  average_cadence: { min: 0, max: 300 },
  /** Watts: the best track sprinters hold 2,500 for a second. */
  average_watts: { min: 0, max: 2_500 },
  /** Of work: 14,000 a day for two weeks. */
  kilojoules: { min: 0, max: 200_000 },
  /** Relative Effort: Banister's TRIMP of 24 hours at 70 % of the heart-rate reserve is 2,474. */
  suffer_score: { min: 0, max: 2_500 },
} as const satisfies Record<string, Bounds>

type Measure = keyof typeof bounds
export type Measures = Record<Measure, number | null>

/** What Strava sent and nobody can have done. A closed set, fit for metrics. */
export type ImplausibleField = Measure | 'start_date_local'

const measures = Object.keys(bounds) as Measure[]
export const implausibleFields: readonly ImplausibleField[] = [...measures, 'start_date_local']

/** Metres per second; speed skiers reach 71. */
const maxAverageSpeed = 100

const isWithin = (value: number, { min, max }: Bounds): boolean => value >= min && value <= max

/** The same measures, the implausible ones null and named. */
export const keepPlausible = (read: Measures): { kept: Measures; implausible: Measure[] } => {
  const isImplausible = (measure: Measure): boolean => {
    const value = read[measure]
    return value !== null && !isWithin(value, boundsFor(measure, read))
  }
  const implausible = measures.filter(isImplausible)
  return { kept: { ...read, ...Object.fromEntries(implausible.map((measure) => [measure, null])) }, implausible }
}

/** A distance has to fit its time as well: of the two it is the one that a lost satellite gets wrong. */
const boundsFor = (measure: Measure, { moving_time: seconds }: Measures): Bounds =>
  measure === 'distance' && seconds !== null && seconds > 0
    ? { min: 0, max: Math.min(bounds.distance.max, seconds * maxAverageSpeed) }
    : bounds[measure]
