import type { SummaryActivity } from './activity.ts'
import type { Athlete } from './athletes.ts'
import { type ActivityPlan, buildActivity } from './build-activity.ts'
import { type Random, seededRandom } from './random.ts'
import { instantOf, wallClockMs } from './times.ts'

/**
 * Invents each athlete's last 60 days, which are days of the athlete's own zone. Every day is invented on its own from
 * (seed, athlete, day), so a restart tomorrow repeats today's activities with the same ids and adds one day.
 */
const historyDays = 60
const dayMs = 86_400_000

type DayPlan = Omit<ActivityPlan, 'startedAt'> & { readonly localHour: number }
type Habit = (day: number, random: Random) => readonly DayPlan[]

/** 0 is Sunday; day 0 of the epoch was a Thursday. */
const weekday = (day: number): number => (day + 4) % 7

const anna: Habit = (day, random) => {
  if (random.chance(0.08)) return []
  const hour = random.between(6.2, 8.5)
  switch (weekday(day)) {
    case 0:
      return [
        { sportType: 'Run', name: 'Long run', movingMinutes: random.between(85, 120), workoutType: 2, localHour: hour },
      ]
    case 1:
      return random.chance(0.5) ? [{ sportType: 'WeightTraining', localHour: 18.5 }] : []
    case 2:
      return [{ sportType: 'Run', name: 'Intervals: 6 x 800 m', workoutType: 3, movingMinutes: 55, localHour: hour }]
    case 3:
      return [{ sportType: 'Run', localHour: hour }]
    case 4:
      return [{ sportType: 'TrailRun', localHour: hour + 10 }]
    case 6:
      return [{ sportType: 'Run', name: 'Tempo run', movingMinutes: random.between(45, 60), localHour: hour }]
    default:
      return []
  }
}

const ben: Habit = (day, random) => {
  if (random.chance(0.1)) return []
  switch (weekday(day)) {
    case 0:
      return [{ sportType: 'GravelRide', localHour: random.between(8, 10) }]
    case 2:
    case 4:
      return [{ sportType: 'VirtualRide', trainer: true, localHour: random.between(18, 19) }]
    case 3:
      return [
        { sportType: 'Ride', name: 'Commute in', movingMinutes: 24, commute: true, localHour: 7.7 },
        { sportType: 'Ride', name: 'Commute home', movingMinutes: 27, commute: true, localHour: 17.3 },
      ]
    case 6:
      return [
        {
          sportType: 'Ride',
          name: 'Long ride',
          movingMinutes: random.between(150, 240),
          workoutType: 10,
          localHour: 8.5,
        },
      ]
    default:
      return []
  }
}

/** Two weeks in which every oddity seen in real answers turns up at least once. */
const oddities: readonly (readonly DayPlan[])[] = [
  [{ sportType: 'Swim', localHour: 6.5 }],
  [
    { sportType: 'Ride', commute: true, movingMinutes: 22, workoutType: 10, power: 'estimated', localHour: 7.8 },
    { sportType: 'EBikeRide', commute: true, localHour: 17.6 },
  ],
  [
    { sportType: 'Run', hideStartTime: true, localHour: 7 },
    { sportType: 'Walk', hideStartTime: true, localHour: 19 },
  ],
  [{ sportType: 'WeightTraining', manual: true, movingMinutes: 45, distanceKilometers: 0, localHour: 18 }],
  [{ sportType: 'VirtualRide', trainer: true, timezone: '(GMT+00:00) Etc/GMT', localHour: 18.2 }],
  [{ sportType: 'TrailRun', name: 'Forest race', workoutType: 1, visibility: 'only_me', localHour: 9 }],
  [{ sportType: 'Run', visibility: 'followers_only', timezone: '(GMT-05:00) EST5EDT', localHour: 10 }],
  [{ sportType: 'Sledding', name: 'First try at sledding', localHour: 14 }],
  [{ sportType: 'Swim', manual: true, name: 'Open water', distanceKilometers: 1.9, movingMinutes: 41, localHour: 11 }],
  [{ sportType: 'Yoga', heartRate: 'hidden', localHour: 20 }],
  [{ sportType: 'Ride', workoutType: null, timezone: '(GMT-05:00) US/Eastern', localHour: 15 }],
  [{ sportType: 'Run', heartRate: 'absent', localHour: 7.2 }],
  [],
  [
    { sportType: 'Ride', name: 'Brick: ride', movingMinutes: 75, localHour: 9 },
    { sportType: 'Run', name: 'Brick: run', movingMinutes: 25, localHour: 10.4 },
    { sportType: 'Hike', timezone: '(GMT-05:00) Cuba', localHour: 13 },
  ],
]

const chris: Habit = (day) => oddities[day % oddities.length] ?? []

const dana: Habit = (day, random) => {
  switch (day % 9) {
    case 0:
      return [{ sportType: 'Walk', localHour: random.between(17, 19) }]
    case 4:
      return [{ sportType: 'Run', name: 'Run-walk, easy', movingMinutes: 22, localHour: 9 }]
    case 6:
      return [{ sportType: 'Yoga', manual: true, movingMinutes: 30, localHour: 20 }]
    default:
      return []
  }
}

/**
 * 17 or 16 a day in a cycle of 27 days: any 27 whole days hold exactly 450. From 4 to 22 o'clock, so that the oldest of
 * those days lies in the last 28 times 24 hours at every hour of today, and when a clock was put forward between them.
 */
const busy: Habit = (day, random) =>
  Array.from({ length: day % 27 < 18 ? 17 : 16 }, (_, index) => ({
    sportType: random.pick(['Run', 'Ride', 'Walk', 'WeightTraining']),
    name: `Session ${index + 1}`,
    movingMinutes: random.between(15, 40),
    localHour: 4 + index * 1.1,
  }))

const habits: Readonly<Record<string, { habit: Habit; days: readonly [first: number, last: number] }>> = {
  anna: { habit: anna, days: [historyDays, 0] },
  ben: { habit: ben, days: [historyDays, 0] },
  chris: { habit: chris, days: [historyDays, 0] },
  dana: { habit: dana, days: [historyDays, 0] },
  busy: { habit: busy, days: [27, 1] },
  eva: { habit: () => [{ sportType: 'Run', localHour: 7.5 }], days: [12, 1] },
}

/** About 1.6e10, as Strava's are in 2025 and 2026: beyond 32 bits, within 2^53; unique over athletes and days. */
const activityId = (athleteIndex: number, day: number, index: number): number =>
  15_000_000_000 + day * 40_000 + athleteIndex * 1000 + index

/** Wall-clock hour of a calendar day in that zone, as an instant. */
const atLocalHour = (day: number, hour: number, timezone: string): Date =>
  instantOf(day * dayMs + Math.round(hour * 3600) * 1000, timezone)

/** The athlete's invented activities of the last 60 days that have ended by `now`, oldest first. */
export const inventTraining = (
  athlete: Athlete,
  athleteIndex: number,
  seed: number,
  now: Date,
): readonly SummaryActivity[] => {
  const plan = habits[athlete.account]
  if (!plan) return []
  const today = Math.floor(wallClockMs(now, athlete.timezone) / dayMs)
  const [first, last] = plan.days
  const invented: SummaryActivity[] = []
  for (let day = today - first; day <= today - last; day += 1) {
    const random = seededRandom(seed, athlete.account, day)
    plan.habit(day, random).forEach(({ localHour, ...rest }, index) => {
      const startedAt = atLocalHour(day, localHour, rest.timezone ?? athlete.timezone)
      const activity = buildActivity(athlete, { ...rest, startedAt }, activityId(athleteIndex, day, index), random)
      if (startedAt.getTime() + activity.elapsed_time * 1000 <= now.getTime()) invented.push(activity)
    })
  }
  return invented
}
