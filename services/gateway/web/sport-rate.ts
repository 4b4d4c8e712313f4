import { absent, formatTenths } from './format.ts'

/** How fast, as people of a sport say it. */
type Rate = 'min/km' | 'min/100 m' | 'min/500 m' | 'km/h' | 'none'

const foot = ['Run', 'TrailRun', 'VirtualRun', 'Walk', 'Hike', 'Snowshoe']
const water = ['Swim']
const oars = ['Rowing', 'VirtualRow']
/** A distance that a watch found there says nothing about how fast one was. */
const standing = [
  ...['Badminton', 'Basketball', 'Cricket', 'Golf', 'Padel', 'Pickleball', 'Racquetball', 'Soccer', 'Squash'],
  ...['TableTennis', 'Tennis', 'Volleyball', 'Crossfit', 'Dance', 'Elliptical', 'HighIntensityIntervalTraining'],
  ...['PhysicalTherapy', 'Pilates', 'RockClimbing', 'StairStepper', 'WeightTraining', 'Workout', 'Yoga', 'Surfing'],
]

const rateOf = new Map<string, Rate>([
  ...foot.map((sport) => [sport, 'min/km'] as const),
  ...water.map((sport) => [sport, 'min/100 m'] as const),
  ...oars.map((sport) => [sport, 'min/500 m'] as const),
  ...standing.map((sport) => [sport, 'none'] as const),
])

/** Slower than this is a recording that stood still. */
const slowestSecondsPerUnit = 3_600

const pace = (seconds: number, meters: number, unitMeters: number, unit: string): string => {
  const perUnit = Math.round((seconds * unitMeters) / meters)
  if (perUnit >= slowestSecondsPerUnit) return absent
  return `${Math.floor(perUnit / 60)}:${String(perUnit % 60).padStart(2, '0')} ${unit}`
}

const texts: Record<Rate, (seconds: number, meters: number) => string> = {
  'min/km': (seconds, meters) => pace(seconds, meters, 1_000, '/km'),
  'min/100 m': (seconds, meters) => pace(seconds, meters, 100, '/100 m'),
  'min/500 m': (seconds, meters) => pace(seconds, meters, 500, '/500 m'),
  'km/h': (seconds, meters) => `${formatTenths((meters / seconds) * 3.6)} km/h`,
  none: () => absent,
}

interface Moved {
  sportType: string
  distanceMeters: number
  movingTimeSeconds: number
}

/**
 * Pace or speed over the moving time: `5:12 /km`, `1:48 /100 m`, `28.4 km/h`; a dash where there is none to tell. Sports that
 * are not known here (Strava adds some without notice) have a speed.
 */
export const formatRate = ({ sportType, distanceMeters, movingTimeSeconds }: Moved): string =>
  distanceMeters > 0 && movingTimeSeconds > 0
    ? texts[rateOf.get(sportType) ?? 'km/h'](movingTimeSeconds, distanceMeters)
    : absent

/** Which of the two `formatRate` gives. */
export const rateLabel = (sportType: string): 'Pace' | 'Speed' =>
  (rateOf.get(sportType) ?? 'km/h') === 'km/h' ? 'Speed' : 'Pace'

/** Steps of both feet for sports on foot, of which Strava counts one; turns, strokes or the like otherwise. */
export const formatCadence = ({
  sportType,
  averageCadenceRpm,
}: {
  sportType: string
  averageCadenceRpm: number | null
}): string => {
  if (averageCadenceRpm === null) return absent
  if (foot.includes(sportType)) return `${Math.round(averageCadenceRpm * 2)} steps/min`
  return `${Math.round(averageCadenceRpm)} ${water.includes(sportType) || oars.includes(sportType) ? 'strokes/min' : 'rpm'}`
}
