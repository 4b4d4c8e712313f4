import type { RunPage, Status } from '@slipstream/contracts'
import { type AppHost, type MobileApp, newProof, openMobileApp } from './mobile-app.ts'
import { until } from './until.ts'

/** An athlete with a submitted profile and an active link; the first sync may still be under way. */
export const linkAthlete = async (system: AppHost, account: string): Promise<MobileApp> => {
  const app = await openMobileApp(system, account)
  await app.api('PUT', '/profile', { displayName: account, primarySport: 'Run', weeklyGoalHours: 5 })
  const proof = newProof()
  const deepLink = await app.link({ codeChallenge: proof.codeChallenge, decision: 'allow' })
  const completion = await app.complete(deepLink.searchParams.get('result') ?? '', proof.codeVerifier)
  if (completion.status !== 200) throw new Error(`completing the link answered ${completion.status}`)
  return app
}

export const statusOf = async (app: MobileApp): Promise<Status> => (await app.api<Status>('GET', '/strava/status')).body

/** Waits until no sync is under way and the last one succeeded; `runId`: until that one did, whatever came after it. */
export const synced = (app: MobileApp, timeoutMs: number, runId?: string): Promise<void> =>
  until(timeoutMs, async () => {
    if (runId !== undefined) {
      const { items } = (await app.api<RunPage>('GET', '/strava/runs?limit=50')).body
      const run = items.find((one) => one.runId === runId)
      if (run?.outcome !== 'succeeded') throw new Error(`not synced: ${JSON.stringify(run)}`)
      return
    }
    const { sync, lastSync } = await statusOf(app)
    const isDone = sync === null && lastSync?.outcome === 'succeeded'
    if (!isDone) throw new Error(`not synced: ${JSON.stringify({ sync, lastSync })}`)
  })
