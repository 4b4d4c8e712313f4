import type { Control as InProcessControl } from '../../../../services/simulator/src/control.ts'
import type { SummaryActivity } from '../../../../services/simulator/src/domain/activity.ts'

/**
 * The simulator's control API over HTTP, with the words and types it has in process. `account` is a sign-in name such
 * as `anna`.
 */
export interface Control {
  /** An access token for the API, as signing in would give it. */
  tokenFor(account: string): Promise<string>
  athletes(): Promise<Answer<'athletes'>>
  athlete(account: string): Promise<Answer<'athletes'>[number]>
  addActivity(account: string, activity: Input<'addActivity', 1>): Promise<SummaryActivity>
  /** One that started three days ago is uploaded only now. */
  lateUpload(account: string, activity: Input<'lateUpload', 1>): Promise<SummaryActivity>
  editActivity(activityId: number, edit: Input<'editActivity', 1>): Promise<SummaryActivity>
  deleteActivity(activityId: number): Promise<void>
  /** Everything Strava lists for the athlete since then, read past Slipstream; only before the athlete is linked. */
  listActivities(account: string, since: Date): Promise<SummaryActivity[]>
  /** The athlete removes the application in Strava's settings. */
  revoke(account: string): Promise<void>
  /** Access tokens end now, the refresh token stays good. */
  expireAccessTokens(account: string): Promise<void>
  clock(): Promise<Answer<'clock'>>
  setClock(to: Input<'setClock', 0>): Promise<void>
  advanceClock(seconds: number): Promise<void>
  limits(): Promise<Answer<'limits'>>
  setLimits(limits: Input<'setLimits', 0>): Promise<void>
  /** Milliseconds each call to the simulated Strava takes. */
  setLatency(latencyMs: number): Promise<void>
  faults(): Promise<Answer<'faults'>>
  setFaults(faults: Input<'setFaults', 0>): Promise<void>
  /** Held calls are released, and webhooks that wait are sent. */
  clearFaults(): Promise<void>
  /** Ends everything that goes wrong, latency, the clock's setting and invisible activities included. */
  allGoodAgain(): Promise<void>
  heldCalls(): Promise<Answer<'heldCalls'>>
  releaseHeld(): Promise<void>
  calls(): Promise<Answer<'calls'>>
  clearCalls(): Promise<void>
}

type Input<Method extends keyof InProcessControl, Position extends number> = NonNullable<
  Parameters<InProcessControl[Method]>[Position]
>
type Answer<Method extends keyof InProcessControl> = ReturnType<InProcessControl[Method]>

export const createControl = (simulatorUrl: string): Control => {
  const send = async (method: string, path: string, body?: unknown): Promise<Response> => {
    const response = await fetch(`${simulatorUrl}/control/api${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response
  }
  const call = async <Body>(method: string, path: string, body?: unknown): Promise<Body> =>
    (await send(method, path, body)).json() as Promise<Body>
  const order = async (method: string, path: string, body?: unknown): Promise<void> => {
    await (await send(method, path, body)).arrayBuffer()
  }

  const athletes = () => call<Answer<'athletes'>>('GET', '/athletes')
  const revoke = (account: string) => order('POST', `/athletes/${account}/revoke`, {})

  return {
    revoke,
    tokenFor: async (account) => (await call<{ accessToken: string }>('POST', '/tokens', { account })).accessToken,
    athletes,
    athlete: async (account) => {
      const all = await athletes()
      const found = all.find((athlete) => athlete.account === account)
      if (found === undefined) throw new Error(`no simulated athlete ${account}`)
      return found
    },
    addActivity: (account, activity) => call('POST', `/athletes/${account}/activities`, activity),
    lateUpload: (account, activity) => call('POST', `/athletes/${account}/late-upload`, activity),
    editActivity: (activityId, edit) => call('PATCH', `/activities/${activityId}`, edit),
    deleteActivity: (activityId) => order('DELETE', `/activities/${activityId}`),
    listActivities: async (account, since) => {
      const { accessToken } = await call<Answer<'grant'>>('POST', `/athletes/${account}/grant`, {})
      const after = Math.floor(since.getTime() / 1000)
      const response = await fetch(`${simulatorUrl}/api/v3/athlete/activities?per_page=200&after=${after}`, {
        headers: { authorization: `Bearer ${accessToken}` },
      })
      // The grant must not help Slipstream to its own.
      await revoke(account)
      if (!response.ok) throw new Error(`listing answered ${response.status}`)
      return response.json() as Promise<SummaryActivity[]>
    },
    expireAccessTokens: (account) => order('POST', `/athletes/${account}/expire-tokens`),
    clock: () => call('GET', '/clock'),
    setClock: (to) => order('PUT', '/clock', to),
    advanceClock: (seconds) => order('POST', '/clock/advance', { seconds }),
    limits: () => call('GET', '/limits'),
    setLimits: (limits) => order('PUT', '/limits', limits),
    setLatency: (latencyMs) => order('PUT', '/latency', { latencyMs }),
    faults: () => call('GET', '/faults'),
    setFaults: (faults) => order('PUT', '/faults', faults),
    clearFaults: () => order('DELETE', '/faults'),
    allGoodAgain: () => order('POST', '/all-good-again'),
    heldCalls: () => call('GET', '/held'),
    releaseHeld: () => order('POST', '/held/release'),
    calls: () => call('GET', '/calls'),
    clearCalls: () => order('DELETE', '/calls'),
  }
}
