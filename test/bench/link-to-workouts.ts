import type { Status, WorkoutPage } from '@slipstream/contracts'
import { until } from '../support/until.ts'
import { openWebAthlete, type WebAthlete } from '../support/web-athlete.ts'
import { type BenchFleet, giveActivities, startBenchFleet } from './bench-fleet.ts'
import { type Bench, type Figure, milliseconds, share, spreadOf, summarise } from './report.ts'

const account = 'dana'
const pollMs = 10

interface Scenario {
  activities: number
  /** Simulated, of each call to Strava. */
  latencyMs: number
  wantedMs: number
}

const scenarios: readonly Scenario[] = [
  { activities: 23, latencyMs: 0, wantedMs: 150 },
  { activities: 250, latencyMs: 0, wantedMs: 400 },
  { activities: 23, latencyMs: 150, wantedMs: 480 },
  { activities: 250, latencyMs: 150, wantedMs: 750 },
]

/**
 * The ceiling: the calls that bring all activities (code exchange, one list for each 200) one after another, by a client that
 * does nothing else.
 */
const measureCeiling = async ({ fleet }: BenchFleet, activities: number): Promise<number> => {
  const { control, url } = fleet.simulator
  const headers = { authorization: `Bearer ${control.grant('ben').accessToken}` }
  const call = async (path: string, init: RequestInit = {}) => {
    await (await fetch(`${url}${path}`, init)).arrayBuffer()
  }
  const startedAt = performance.now()
  // A made-up code is refused after the same latency.
  await call('/oauth/token', { method: 'POST', body: new URLSearchParams({ client_id: '12345', code: 'none' }) })
  for (let page = 1; page <= Math.ceil(activities / 200); page += 1) {
    await call(`/api/v3/athlete/activities?per_page=200&page=${page}`, { headers })
  }
  return performance.now() - startedAt
}

const untilNewestIsShown = async (athlete: WebAthlete): Promise<void> => {
  await until(
    30_000,
    async () => {
      const { items } = await athlete.read<WorkoutPage>('/workouts?limit=1')
      if (items.length === 0) throw new Error('no workout is visible')
    },
    pollMs,
  )
}

const untilSynced = (athlete: WebAthlete): Promise<void> =>
  until(30_000, async () => {
    const { sync, lastSync } = await athlete.read<Status>('/strava/status')
    if (sync !== null || lastSync?.outcome !== 'succeeded') throw new Error('the first sync is not complete')
  })

interface Sample {
  publishedMs: number
  ceilingMs: number
}

const measureOnce = async (bench: BenchFleet, athlete: WebAthlete, { activities }: Scenario): Promise<Sample> => {
  const ceilingMs = await measureCeiling(bench, activities)
  const visitCallback = await athlete.untilCallback()
  const { promise: allPublished, resolve } = Promise.withResolvers<number>()
  let published = 0
  const hearing = bench.hear(({ subject }) => {
    if (!subject.startsWith('activity.ingested.')) return
    published += 1
    if (published === activities) resolve(performance.now())
  })
  const startedAt = performance.now()
  await visitCallback()
  const publishedMs = (await allPublished) - startedAt
  hearing.stop()
  await untilSynced(athlete)
  await athlete.unlink()
  return { publishedMs, ceilingMs }
}

/** Apart from the rest: asking the API all the time takes time from what is measured. */
const measureShown = async (athlete: WebAthlete): Promise<number> => {
  const visitCallback = await athlete.untilCallback()
  const startedAt = performance.now()
  await visitCallback()
  await untilNewestIsShown(athlete)
  const shownMs = performance.now() - startedAt
  await untilSynced(athlete)
  await athlete.unlink()
  return shownMs
}

/** From the browser's return to `/callback` until all of the athlete's activities are published as workouts. */
export const benchLinkToWorkouts: Bench = async (runs) => {
  const bench = await startBenchFleet()
  try {
    const athlete = await openWebAthlete(bench, account)
    const figures: Figure[] = []
    for (const scenario of scenarios) {
      const { activities, latencyMs, wantedMs } = scenario
      giveActivities(bench, account, activities)
      const { control } = bench.fleet.simulator
      control.setLatency(latencyMs)
      const samples: Sample[] = []
      // The first runs also warm every process up; they are not counted.
      for (let run = -2; run < runs; run += 1) {
        const sample = await measureOnce(bench, athlete, scenario)
        if (run >= 0) samples.push(sample)
      }
      const published = summarise(samples.map(({ publishedMs }) => publishedMs))
      const ceiling = summarise(samples.map(({ ceilingMs }) => ceilingMs))
      const shown = summarise([await measureShown(athlete), await measureShown(athlete), await measureShown(athlete)])
      figures.push(
        {
          what: `${activities} activities, ${latencyMs} ms a call: callback → all published`,
          measured: spreadOf(published),
          wanted: `≤ ${wantedMs} ms`,
        },
        {
          what: '  the calls to Strava alone',
          measured: `${milliseconds(ceiling.p50)}, ${share(published.p50, ceiling.p50)}`,
        },
        { what: '  callback → newest workout readable', measured: milliseconds(shown.p50) },
      )
    }
    return { title: `link: from the callback to workouts, ${runs} runs each`, figures }
  } finally {
    await bench.stop()
  }
}
