import type { Status, WorkoutPage } from '@slipstream/contracts'
import { consent, cookiesOf, locationOf } from '../support/consent.ts'
import { type RunningSystem, startSystem } from '../support/system.ts'
import { until } from '../support/until.ts'
import { formatRow, summarise } from './statistics.ts'

const latencyMs = 150
const account = 'anna'
const pollMs = 10

interface Sample {
  newestMs: number
  completeMs: number
  ceilingMs: number
}

/** One athlete at the API, as the web page calls it. */
const openApi = (gatewayUrl: string, accessToken: string) => {
  const headers = { authorization: `Bearer ${accessToken}`, 'content-type': 'application/json' }
  const send = (method: string, path: string, body?: unknown) =>
    fetch(`${gatewayUrl}/api/v1${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
  return { send, read: async <Body>(path: string) => (await (await send('GET', path)).json()) as Body }
}

type Api = ReturnType<typeof openApi>

/** Up to the moment the browser is sent back to /callback: nothing of this is measured. */
const untilCallback = async (api: Api, stravaAthleteId: number) => {
  const started = await api.send('POST', '/strava/link-token', { platform: 'web' })
  const { connectUrl } = (await started.json()) as { connectUrl: string }
  const binding = cookiesOf(started)
  const connect = await fetch(connectUrl, { redirect: 'manual', headers: { cookie: binding } })
  const callbackUrl = await consent(locationOf(connect, '/connect'), { stravaAthleteId, decision: 'allow' })
  return { callbackUrl, cookie: `${binding}; ${cookiesOf(connect)}` }
}

/**
 * The ceiling: the same two calls to Strava (code exchange, the page with the activities) one after
 * another, by a client that does nothing else.
 */
const measureCeiling = async ({ simulatorUrl, control }: RunningSystem, accessToken: string): Promise<number> => {
  const call = async (path: string, init: RequestInit = {}) => {
    await (await fetch(`${simulatorUrl}${path}`, init)).arrayBuffer()
  }
  const headers = { authorization: `Bearer ${accessToken}` }
  const startedAt = performance.now()
  // A made-up code is refused after the same latency.
  await call('/oauth/token', { method: 'POST', body: new URLSearchParams({ client_id: '12345', code: 'none' }) })
  await call('/api/v3/athlete/activities?per_page=200&page=1', { headers })
  const elapsedMs = performance.now() - startedAt
  await control.setLatency(latencyMs)
  return elapsedMs
}

const unlink = async (api: Api): Promise<void> => {
  const { receiptId } = (await (await api.send('DELETE', '/strava/link')).json()) as { receiptId: string }
  await until(30_000, async () => {
    const receipt = await api.read<{ completedAt: string | null }>(`/strava/receipts/${receiptId}`)
    if (receipt.completedAt === null) throw new Error('the receipt is not complete')
  })
}

const measureOnce = async (system: RunningSystem, api: Api): Promise<Sample> => {
  const { control, simulatorUrl } = system
  const grant = await fetch(`${simulatorUrl}/control/api/athletes/ben/grant`, {
    method: 'POST',
    body: '{}',
    headers: { 'content-type': 'application/json' },
  })
  const { accessToken } = (await grant.json()) as { accessToken: string }
  const ceilingMs = await measureCeiling(system, accessToken)

  const { stravaAthleteId } = await control.athlete(account)
  const { callbackUrl, cookie } = await untilCallback(api, stravaAthleteId)
  const startedAt = performance.now()
  await fetch(callbackUrl, { redirect: 'manual', headers: { cookie } })
  const first = await until(
    30_000,
    async () => {
      const { items } = await api.read<WorkoutPage>('/workouts?limit=1')
      const [newest] = items
      if (!newest) throw new Error('no workout is visible')
      return newest
    },
    pollMs,
  )
  const newestMs = performance.now() - startedAt
  await until(
    30_000,
    async () => {
      const { sync, lastSync } = await api.read<Status>('/strava/status')
      if (sync !== null || lastSync?.outcome !== 'succeeded') throw new Error('the first sync is not complete')
    },
    pollMs,
  )
  const completeMs = performance.now() - startedAt
  const { items } = await api.read<WorkoutPage>('/workouts?limit=1')
  if (items[0]?.id !== first.id) throw new Error('the first workout to appear was not the newest')
  await unlink(api)
  return { newestMs, completeMs, ceilingMs }
}

/** From the browser's return to /callback until the newest workout, and all of them, can be read from the API. */
export const benchLinkToWorkouts = async (runs: number): Promise<string[]> => {
  const system = await startSystem('bench-link', { LOG_LEVEL: 'warn' })
  try {
    const api = openApi(system.endpoints.gatewayUrl, await system.control.tokenFor(account))
    await api.send('PUT', '/profile', { displayName: 'Anna', primarySport: 'Run', weeklyGoalHours: 6 })
    await system.control.setLatency(latencyMs)
    const samples: Sample[] = []
    // The first run also warms every process up; it is not counted.
    for (let run = 0; run <= runs; run += 1) {
      const sample = await measureOnce(system, api)
      if (run > 0) samples.push(sample)
    }
    const newest = summarise(samples.map(({ newestMs }) => newestMs))
    const complete = summarise(samples.map(({ completeMs }) => completeMs))
    const ceiling = summarise(samples.map(({ ceilingMs }) => ceilingMs))
    return [
      `link to workouts: ${runs} runs, ${latencyMs} ms simulated latency per Strava call`,
      formatRow('ceiling: the two Strava calls alone', ceiling),
      formatRow('callback → newest workout visible', newest),
      formatRow('callback → first sync complete', complete),
      `  complete takes ${(complete.p50 / ceiling.p50).toFixed(2)} × the ceiling (p50)`,
    ]
  } finally {
    await system.stop()
  }
}
