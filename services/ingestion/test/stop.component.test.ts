import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eventually, type Harness, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness?.stop())

describe('stopping', () => {
  it('ends the page in flight, publishes what it told, and leaves the rest to the next process', async () => {
    const { workouts, syncRuns } = harness.store.collections
    const link = await harness.link('busy')
    const first = await harness.startIngestion()
    const { control } = harness.simulator
    control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'hold' }, times: 1 }] })
    const runId = await harness.request(link)
    await eventually(() => expect(control.heldCalls()).toHaveLength(1))
    expect(await syncRuns.findById(runId).lean()).toMatchObject({ state: 'running', startedAt: expect.any(Date) })
    const base = `http://127.0.0.1:${first.opsPort}`
    expect((await fetch(`${base}/readyz`)).status).toBe(200)
    const stopped = first.stop()
    await eventually(async () => expect((await fetch(`${base}/readyz`)).status).toBe(503))
    control.releaseHeld()
    await stopped

    const run = await syncRuns.findById(runId).lean()
    expect(run).toMatchObject({ state: 'queued', cursor: { pages: 1 }, leaseOwner: null, outbox: [] })
    expect(await workouts.countDocuments({ linkId: link.linkId })).toBe(200)
    expect(await workouts.countDocuments({ 'outbox.0': { $exists: true } })).toBe(0)
    await expect(fetch(`${base}/readyz`)).rejects.toThrow()

    await harness.startIngestion()
    expect(await harness.finishedRun(runId)).toMatchObject({ counts: { listed: 450, created: 450, calls: 4 } })
  })
})
