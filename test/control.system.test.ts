import { afterAll, expect, it } from 'vitest'
import { createSimulator } from '../services/simulator/src/service.ts'
import { createControl } from './support/control.ts'

const simulator = createSimulator()
await simulator.start()
afterAll(() => simulator.stop())
const control = createControl(simulator.url)

it('steers over HTTP as in process', async () => {
  await control.setClock({ time: '2026-11-20T10:14:00Z' })
  await control.advanceClock(60)
  expect((await control.clock()).time).toMatch(/^2026-11-20T10:15:/)

  await control.setLimits({ read: { quarterHour: 1 } })
  const { id } = await control.addActivity('anna', { name: 'Sunset ride \ud83d' })
  expect(await control.editActivity(id, { name: 'Sunset ride' })).toMatchObject({ id, name: 'Sunset ride' })
  await control.setFaults({
    rules: [{ endpoint: 'activities', effect: { kind: 'hold', when: 'after_work' }, times: 1 }],
  })
  const listing = control.listActivities('anna', new Date('2026-11-20T00:00:00Z'))
  expect(await control.untilHeld(1)).toEqual([{ endpoint: 'activities', account: 'anna', when: 'after_work' }])
  await control.deleteActivity(id)
  await control.releaseHeld()
  expect((await listing).map((activity) => activity.id)).toContain(id)
  await expect(control.listActivities('anna', new Date(0))).rejects.toThrow('429')

  expect((await control.limits()).quarterHours).toEqual([
    { startedAt: '2026-11-20T10:15:00.000Z', calls: 2, overLimit: 1 },
  ])
  expect((await control.calls()).countsByAccount).toEqual({ anna: { activities: { 200: 1, 429: 1 } } })
  await control.clearCalls()
  expect((await control.calls()).total).toBe(0)

  await control.expireAccessTokens('anna')
  await control.setLatency(5)
  await control.clearFaults()
  expect(simulator.control.faults()).toMatchObject({ rules: [], latencyMs: 5 })
  await control.allGoodAgain()
  expect(simulator.control.faults()).toMatchObject({ rules: [], latencyMs: 0 })
  expect(simulator.control.clock().offsetMs).toBe(0)
  expect((await control.athlete('anna')).connected).toBe(false)
  await expect(control.revoke('nobody')).rejects.toThrow('404')
})
