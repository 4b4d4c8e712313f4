/** What makes an invented activity of a sport believable. */
export interface Sport {
  /** The deprecated `type` that Strava still sends beside `sport_type`; new sports collapse to `Workout`. */
  readonly type: string
  readonly metersPerSecond: number
  readonly heartRateBpm: number
  /** Run cadence is one leg, as Strava has it. */
  readonly cadenceRpm?: number
  readonly watts?: number
  readonly climbMetersPerKilometer: number
  readonly outdoors: boolean
  readonly defaultMinutes: number
  readonly names: readonly [string, ...string[]]
}

const sports: Readonly<Record<string, Sport>> = {
  Run: {
    type: 'Run',
    metersPerSecond: 3,
    heartRateBpm: 148,
    cadenceRpm: 84,
    climbMetersPerKilometer: 7,
    outdoors: true,
    defaultMinutes: 48,
    names: ['Morning Run', 'Easy miles', 'Lunch Run', 'River loop'],
  },
  TrailRun: {
    type: 'Run',
    metersPerSecond: 2.5,
    heartRateBpm: 152,
    cadenceRpm: 81,
    climbMetersPerKilometer: 32,
    outdoors: true,
    defaultMinutes: 70,
    names: ['Trail hour', 'Hill repeats in the woods'],
  },
  Ride: {
    type: 'Ride',
    metersPerSecond: 7.9,
    heartRateBpm: 136,
    cadenceRpm: 87,
    watts: 188,
    climbMetersPerKilometer: 9,
    outdoors: true,
    defaultMinutes: 95,
    names: ['Afternoon Ride', 'Endurance ride', 'Coffee ride'],
  },
  GravelRide: {
    type: 'Ride',
    metersPerSecond: 6.4,
    heartRateBpm: 139,
    cadenceRpm: 82,
    watts: 182,
    climbMetersPerKilometer: 13,
    outdoors: true,
    defaultMinutes: 110,
    names: ['Gravel roads', 'Towpath and back'],
  },
  VirtualRide: {
    type: 'VirtualRide',
    metersPerSecond: 8.9,
    heartRateBpm: 145,
    cadenceRpm: 90,
    watts: 212,
    climbMetersPerKilometer: 8,
    outdoors: false,
    defaultMinutes: 58,
    names: ['Trainer: 4 x 8 min', 'Trainer: sweet spot'],
  },
  EBikeRide: {
    type: 'EBikeRide',
    metersPerSecond: 6.6,
    heartRateBpm: 104,
    climbMetersPerKilometer: 8,
    outdoors: true,
    defaultMinutes: 26,
    names: ['Commute', 'To the market'],
  },
  Swim: {
    type: 'Swim',
    metersPerSecond: 0.72,
    heartRateBpm: 128,
    climbMetersPerKilometer: 0,
    outdoors: false,
    defaultMinutes: 47,
    names: ['Pool session', 'Drills and threshold'],
  },
  WeightTraining: {
    type: 'WeightTraining',
    metersPerSecond: 0,
    heartRateBpm: 102,
    climbMetersPerKilometer: 0,
    outdoors: false,
    defaultMinutes: 40,
    names: ['Strength', 'Core and legs'],
  },
  Yoga: {
    type: 'Yoga',
    metersPerSecond: 0,
    heartRateBpm: 82,
    climbMetersPerKilometer: 0,
    outdoors: false,
    defaultMinutes: 30,
    names: ['Mobility', 'Evening Yoga'],
  },
  Walk: {
    type: 'Walk',
    metersPerSecond: 1.4,
    heartRateBpm: 96,
    cadenceRpm: 54,
    climbMetersPerKilometer: 5,
    outdoors: true,
    defaultMinutes: 42,
    names: ['Evening Walk', 'Walk with the dog'],
  },
  Hike: {
    type: 'Hike',
    metersPerSecond: 1.2,
    heartRateBpm: 112,
    climbMetersPerKilometer: 46,
    outdoors: true,
    defaultMinutes: 240,
    names: ['Ridge hike', 'Long way round'],
  },
}

const unknownSport: Sport = {
  type: 'Workout',
  metersPerSecond: 1.8,
  heartRateBpm: 124,
  climbMetersPerKilometer: 4,
  outdoors: true,
  defaultMinutes: 45,
  names: ['Something new'],
}

/** `sport_type` is an open string at Strava, so every value has an answer. */
export const sportFor = (sportType: string): Sport => sports[sportType] ?? unknownSport
