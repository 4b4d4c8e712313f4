import { createWebAthlete, type WebAthlete as DemoAthlete } from '@slipstream/local'
import type { AppHost } from './mobile-app.ts'
import { until } from './until.ts'

export interface WebAthlete extends DemoAthlete {
  /** Resolves when the receipt is complete. */
  unlink(): Promise<void>
}

/** Signs in and submits the profile. */
export const openWebAthlete = async ({ endpoints, control }: AppHost, account: string): Promise<WebAthlete> => {
  const accessToken = await control.tokenFor(account)
  const { stravaAthleteId } = await control.athlete(account)
  const athlete = createWebAthlete({ gatewayUrl: endpoints.gatewayUrl, accessToken, stravaAthleteId })
  await athlete.send('PUT', '/profile', { displayName: account, primarySport: 'Run', weeklyGoalHours: 6 })
  return {
    ...athlete,
    unlink: async () => {
      const { receiptId } = (await (await athlete.send('DELETE', '/strava/link')).json()) as { receiptId: string }
      await until(60_000, async () => {
        const receipt = await athlete.read<{ completedAt: string | null }>(`/strava/receipts/${receiptId}`)
        if (receipt.completedAt === null) throw new Error('the receipt is not complete')
      })
    },
  }
}
