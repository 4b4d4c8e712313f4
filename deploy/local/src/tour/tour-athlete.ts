import type { Problem, Profile, Receipt, ReceiptList, Status, Workout, WorkoutPage } from '@slipstream/contracts'
import type { WebAthlete } from '../demo/web-athlete.ts'
import { TourError } from './tour-error.ts'
import { waitUntil } from './wait-until.ts'

/** The athlete whom the tour follows, as the page sees them. What waits ends with the signal it was made with. */
export interface TourAthlete {
  account: string
  /** As the simulated Strava knows them. */
  name: string
  firstName: string
  status(): Promise<Status>
  untilStatus(what: string, isWanted: (status: Status) => boolean, limitMs?: number): Promise<Status>
  untilWorkouts(what: string, isWanted: (workouts: Workout[]) => boolean): Promise<Workout[]>
  /** Gives consent as in a browser, and waits until the sync that follows has succeeded. */
  connect(): Promise<Status>
  /** Presses Sync now, and waits until a sync has succeeded. */
  sync(): Promise<Status>
  /** Of the deletion asked for last, once it is complete. */
  lastReceipt(): Promise<Receipt>
  /** Resolves to the complete receipt. */
  disconnect(): Promise<Receipt>
}

/** @throws TourError with the page's words */
export const askAs =
  (web: WebAthlete) =>
  async <Body>(method: string, path: string, body?: unknown): Promise<Body> => {
    const response = await web.send(method, path, body)
    if (response.ok) return (await response.json()) as Body
    const { title, detail } = (await response.json()) as Problem
    throw new TourError(`${title}: ${detail} (${method} ${path}, ${response.status})`)
  }

export const createTourAthlete = (
  { web, account, name }: { web: WebAthlete; account: string; name: string },
  signal: AbortSignal,
): TourAthlete => {
  const ask = askAs(web)
  const until = <T>(what: string, read: () => Promise<T>, isWanted: (value: T) => boolean, limitMs?: number) =>
    waitUntil(
      what,
      async () => {
        const value = await read()
        return isWanted(value) ? value : null
      },
      { signal, ...(limitMs !== undefined && { limitMs }) },
    )
  const status = () => ask<Status>('GET', '/strava/status')
  const untilStatus: TourAthlete['untilStatus'] = (what, isWanted, limitMs) => until(what, status, isWanted, limitMs)
  const lastReceipt = async (): Promise<Receipt> => {
    const newest = async () => (await ask<ReceiptList>('GET', '/strava/receipts')).items[0]
    const receipt = await until('the receipt is complete', newest, (one) => one?.completedAt != null)
    if (!receipt) throw new TourError('There is no receipt.')
    return receipt
  }
  /** Whatever waits beside it. */
  const untilNextSync = (before: Status) =>
    untilStatus(
      'a sync has succeeded',
      ({ status, lastSync }) => status === 'active' && lastSync !== null && lastSync.runId !== before.lastSync?.runId,
    )
  return {
    account,
    name,
    firstName: name.split(' ')[0] ?? name,
    status,
    untilStatus,
    untilWorkouts: (what, isWanted) =>
      until(what, async () => (await ask<WorkoutPage>('GET', '/workouts?limit=200')).items, isWanted),
    connect: async () => {
      const before = await status()
      const profile = await ask<Profile>('GET', '/profile')
      if (profile.submittedAt === null)
        await ask('PUT', '/profile', { displayName: name, primarySport: 'Run', weeklyGoalHours: 5 })
      const visitCallback = await web.untilCallback()
      const back = URL.parse((await visitCallback()).headers.get('location') ?? '')
      if (back?.searchParams.get('strava') !== 'linked')
        throw new TourError(`Connecting did not work: ${back?.searchParams.get('code') ?? 'no return to the page'}.`)
      return await untilNextSync(before)
    },
    sync: async () => {
      const before = await status()
      await ask('POST', '/strava/sync')
      return await untilNextSync(before)
    },
    lastReceipt,
    disconnect: async () => {
      await ask('DELETE', '/strava/link')
      return await lastReceipt()
    },
  }
}
