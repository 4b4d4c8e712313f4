import type { RunningService } from '@slipstream/service'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Harness, ofType, startHarness } from './harness.ts'

// Whatever Strava answers to a list, or does not. Each test has a process of its own, as retries have a budget in each.

let harness: Harness
let ingestion: RunningService
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness?.stop())
beforeEach(async () => {
  harness.simulator.control.reset()
  harness.leaveWindowEdge()
  await harness.store.collections.quota.deleteMany({})
  ingestion = await harness.startIngestion()
})
afterEach(() => ingestion.stop())

const attemptsAtList = () => {
  const counts = harness.simulator.control.calls().counts.activities ?? {}
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

describe('an answer that says nothing of the list parks its run, which goes on with the next:', () => {
  // Short trouble is tried again within the call, three times in all; everything else is one attempt, and the run's.
  it.each([
    ['502 with a page of HTML', { kind: 'status', status: 502, body: 'html' }, 3],
    ['a connection cut before the answer', { kind: 'cut' }, 3],
    ['a connection cut in place of the answer', { kind: 'drop_response' }, 3],
    ['403 of an edge, with a page of HTML', { kind: 'status', status: 403, body: 'html' }, 1],
    ['401 without a reason', { kind: 'status', status: 401, body: 'empty' }, 1],
    ['404 with a page of HTML', { kind: 'status', status: 404, body: 'html' }, 1],
    ['404 of an activity, to the list', { kind: 'status', status: 404 }, 1],
    ['200 with a page of HTML', { kind: 'status', status: 200, body: 'html' }, 1],
    ['200 without a body', { kind: 'status', status: 200, body: 'empty' }, 1],
    ['200 with something that is no list', { kind: 'status', status: 200, body: 'empty_object' }, 1],
  ] as const)('%s', async (_, effect, attempts) => {
    const link = await harness.link('dana')
    await harness.finishedRun(await harness.request(link))
    const before = await harness.stored(link)
    const seen = harness.follow(link.athleteId)
    harness.simulator.control.clearCalls()
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activities', effect }] })
    const runId = await harness.request(link)
    const parked = await harness.parkedRun(runId)
    expect(parked).toMatchObject({ waitingFor: 'strava', leaseOwner: null })
    expect(attemptsAtList()).toBe(attempts)
    await harness.nothingSpent(link)

    harness.simulator.control.clearFaults()
    harness.clock.offsetMs += (parked.resumeAt?.getTime() ?? 0) - harness.clock.now().getTime() + 1_000
    expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded' })
    expect(await harness.stored(link)).toBe(before)
    expect(ofType(seen, 'activity.deleted')).toEqual([])
    expect(ofType(seen, 'athlete.reauth_required')).toEqual([])
  })

  it('none at all for as long as a call may take: one attempt, and the run waits', async () => {
    const link = await harness.link('dana')
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'hold' }, times: 1 }] })
    const runId = await harness.request(link)
    expect(await harness.parkedRun(runId)).toMatchObject({ waitingFor: 'strava', counts: { calls: 1 } })
    await harness.nothingSpent(link)
    harness.simulator.control.releaseHeld()
    harness.clock.offsetMs += 4_000
    expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded' })
  })
})
