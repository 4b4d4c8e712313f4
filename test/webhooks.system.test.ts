import type { Workout, WorkoutPage } from '@slipstream/contracts'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import type { MobileApp } from './support/mobile-app.ts'
import { type RunningSystem, startSystem } from './support/system.ts'
import { until } from './support/until.ts'

// What changes at Strava appears by itself: nobody presses anything, and no turn comes in this time.

let system: RunningSystem
let app: MobileApp
beforeAll(async () => {
  system = await startSystem('webhooks')
  app = await linkAthlete(system, 'anna')
  await synced(app, 60_000)
  // Strava is asked for a subscription at the first look after the start.
  await until(30_000, async () => {
    const { endpoint } = (await system.control.calls()).calls.find(
      (call) => call.endpoint === 'push_subscriptions' && call.status === 201,
    )!
    expect(endpoint).toBe('push_subscriptions')
  })
})
afterAll(() => system?.stop())

const seconds = () => Math.floor(Date.now() / 1_000)

const newest = async (): Promise<Workout[]> => (await app.api<WorkoutPage>('GET', '/workouts?limit=5')).body.items
const shown = async (activityId: number): Promise<Workout | undefined> =>
  (await newest()).find(({ stravaActivityId }) => stravaActivityId === String(activityId))

it('an activity that is added, edited, hidden, shown again and deleted', { timeout: 120_000 }, async () => {
  const { control } = system
  const { id } = await control.addActivity('anna', { name: 'Evening loop', sportType: 'Run' })
  const first = await until(20_000, async () => {
    const workout = await shown(id)
    expect(workout).toMatchObject({ name: 'Evening loop', version: 1 })
    return workout
  })
  await control.editActivity(id, { name: 'Evening loop with Ben' })
  await until(20_000, async () => expect(await shown(id)).toMatchObject({ name: 'Evening loop with Ben', version: 2 }))
  await control.editActivity(id, { visibility: 'only_me' })
  await until(20_000, async () => expect(await shown(id)).toMatchObject({ visibility: 'only_me', version: 3 }))
  const hiddenAt = seconds()
  await control.editActivity(id, { invisible: true })
  await until(20_000, async () => expect(await shown(id)).toBeUndefined())
  await control.editActivity(id, { invisible: false })
  await until(20_000, async () => expect(await shown(id)).toMatchObject({ id: first?.id, version: 5 }))
  // Strava's webhooks tell seconds: the same twice within one is the same.
  await until(5_000, async () => expect(seconds()).toBeGreaterThan(hiddenAt + 1))
  await control.deleteActivity(id)
  await until(20_000, async () => expect(await shown(id)).toBeUndefined())
})

it('forty uploads at once cost a few calls, not forty', { timeout: 120_000 }, async () => {
  const { control } = system
  const ben = await linkAthlete(system, 'ben')
  await synced(ben, 60_000)
  await control.clearCalls()
  await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      control.addActivity('ben', { startedHoursAgo: 2 + index * 12, name: `Old ${index}` }),
    ),
  )
  await until(60_000, async () => {
    const { body } = await ben.api<WorkoutPage>('GET', '/workouts?limit=200')
    expect(body.items.filter(({ name }) => name.startsWith('Old '))).toHaveLength(40)
  })
  const { counts } = await control.calls()
  const made = Object.values({ ...counts.activities, ...counts.activity }).reduce((sum, count) => sum + count, 0)
  expect(made).toBeLessThanOrEqual(10)
})
