/** An invented person with a simulated Strava account. */
export interface Athlete {
  readonly stravaAthleteId: number
  /** Also the name of the sign-in account that usually links this athlete. */
  readonly account: string
  readonly firstName: string
  readonly lastName: string
  readonly sex: 'F' | 'M'
  readonly city: string
  readonly country: string
  readonly home: readonly [latitude: number, longitude: number]
  /** Strava's form: the standard (not daylight saving) offset, then the zone's name. */
  readonly timezone: string
  readonly weightKilograms: number
  readonly ftpWatts: number | null
  readonly about: string
}

export const athletes: readonly Athlete[] = [
  {
    stravaAthleteId: 41_200_011,
    account: 'anna',
    firstName: 'Anna',
    lastName: 'Ahorn',
    sex: 'F',
    city: 'Leipzig',
    country: 'Germany',
    home: [51.34, 12.37],
    timezone: '(GMT+01:00) Europe/Berlin',
    weightKilograms: 61,
    ftpWatts: null,
    about: 'Runner, about five sessions a week',
  },
  {
    stravaAthleteId: 58_300_022,
    account: 'ben',
    firstName: 'Ben',
    lastName: 'Birch',
    sex: 'M',
    city: 'Albany',
    country: 'United States',
    home: [42.65, -73.75],
    timezone: '(GMT-05:00) America/New_York',
    weightKilograms: 78,
    ftpWatts: 265,
    about: 'Cyclist with a power meter',
  },
  {
    stravaAthleteId: 3_100_000_033,
    account: 'chris',
    firstName: 'Chris',
    lastName: 'Cedar',
    sex: 'M',
    city: 'Porto',
    country: 'Portugal',
    home: [41.15, -8.61],
    timezone: '(GMT+00:00) Europe/Lisbon',
    weightKilograms: 70,
    ftpWatts: 240,
    about: 'Triathlete whose data has every oddity; id beyond 32 bits',
  },
  {
    stravaAthleteId: 77_400_044,
    account: 'dana',
    firstName: 'Dana',
    lastName: 'Dogwood',
    sex: 'F',
    city: 'Utrecht',
    country: 'Netherlands',
    home: [52.09, 5.12],
    timezone: '(GMT+01:00) Europe/Amsterdam',
    weightKilograms: 66,
    ftpWatts: null,
    about: 'Coming back from an injury, few activities',
  },
  {
    stravaAthleteId: 90_500_055,
    account: 'busy',
    firstName: 'Max',
    lastName: 'Maple',
    sex: 'M',
    city: 'Melbourne',
    country: 'Australia',
    home: [-37.81, 144.96],
    timezone: '(GMT+10:00) Australia/Melbourne',
    weightKilograms: 74,
    ftpWatts: 250,
    about: '450 activities in the last 28 days, for paging',
  },
  {
    stravaAthleteId: 99_600_066,
    account: 'eva',
    firstName: 'Eva',
    lastName: 'Elm',
    sex: 'F',
    city: 'Vienna',
    country: 'Austria',
    home: [48.21, 16.37],
    timezone: '(GMT+01:00) Europe/Vienna',
    weightKilograms: 58,
    ftpWatts: null,
    about: 'New to Strava: a run on each of the last twelve days, nothing before',
  },
]

/** Who can sign in at the issuer. `sub` is stable over restarts; roles reach the access token's `roles` claim. */
export interface SignInAccount {
  readonly account: string
  readonly sub: string
  readonly displayName: string
  readonly roles: readonly string[]
}

export const signInAccounts: readonly SignInAccount[] = [
  ...athletes.map(({ account, firstName, lastName }) => ({
    account,
    sub: `demo|${account}`,
    displayName: `${firstName} ${lastName}`,
    roles: [],
  })),
  { account: 'olga', sub: 'demo|olga', displayName: 'Olga Operator', roles: ['slipstream:operator'] },
]

/** Finds by Strava id or by account name: what a person types into a control call. */
export const findAthlete = (reference: string): Athlete | undefined =>
  athletes.find((athlete) => athlete.account === reference || String(athlete.stravaAthleteId) === reference)
