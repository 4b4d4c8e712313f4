/** What the tests need of an activity as the simulated Strava lists it. */
export interface StravaActivity {
  id: number
  name: string
  sport_type: string
  distance: number
  moving_time: number
  total_elevation_gain: number
  average_heartrate?: number
  start_date: string
  start_date_local: string
}

/** The simulator's control API over HTTP. `account` is a sign-in name such as `anna`. */
export interface Control {
  /** An access token for the API, as signing in would give it. */
  tokenFor(account: string): Promise<string>
  addActivity(account: string, activity: Record<string, unknown>): Promise<StravaActivity>
  editActivity(activityId: number, changes: Record<string, unknown>): Promise<StravaActivity>
  /** Rules of what goes wrong, in place of those there are; see the simulator's README. */
  setFaults(rules: readonly Record<string, unknown>[]): Promise<void>
  /** Milliseconds each call to the simulated Strava takes. */
  setLatency(latencyMs: number): Promise<void>
  /** Everything Strava lists for the athlete since then, read past Slipstream; only before the athlete is linked. */
  listActivities(account: string, since: Date): Promise<StravaActivity[]>
  /** The athlete removes the application in Strava's settings. */
  revoke(account: string): Promise<void>
  athlete(account: string): Promise<{ stravaAthleteId: number; name: string; connected: boolean }>
}

export const createControl = (simulatorUrl: string): Control => {
  const call = async <Answer>(method: string, path: string, body?: unknown): Promise<Answer> => {
    const response = await fetch(`${simulatorUrl}/control/api${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return response.json() as Promise<Answer>
  }

  const revoke = async (account: string): Promise<void> => {
    await call('POST', `/athletes/${account}/revoke`, {})
  }

  return {
    revoke,
    tokenFor: async (account) => (await call<{ accessToken: string }>('POST', '/tokens', { account })).accessToken,
    addActivity: (account, activity) => call('POST', `/athletes/${account}/activities`, activity),
    editActivity: (activityId, changes) => call('PATCH', `/activities/${activityId}`, changes),
    async setFaults(rules) {
      await call('PUT', '/faults', { rules })
    },
    async setLatency(latencyMs) {
      await call('PUT', '/latency', { latencyMs })
    },
    async listActivities(account, since) {
      const { accessToken } = await call<{ accessToken: string }>('POST', `/athletes/${account}/grant`, {})
      const after = Math.floor(since.getTime() / 1000)
      const response = await fetch(`${simulatorUrl}/api/v3/athlete/activities?per_page=200&after=${after}`, {
        headers: { authorization: `Bearer ${accessToken}` },
      })
      const activities = (await response.json()) as StravaActivity[]
      // The grant must not help Slipstream to its own.
      await revoke(account)
      return activities
    },
    async athlete(account) {
      const all = await call<{ account: string; stravaAthleteId: number; name: string; connected: boolean }[]>(
        'GET',
        '/athletes',
      )
      const found = all.find((athlete) => athlete.account === account)
      if (found === undefined) throw new Error(`no simulated athlete ${account}`)
      return found
    },
  }
}
