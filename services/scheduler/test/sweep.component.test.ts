import { newId } from '@slipstream/runtime'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { finishedEvent, type Harness, linkedEvent, startHarness } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startScheduler({ claimEveryMs: 100, sweepEveryMs: 50, staleAfterMs: 200 })
})
afterAll(() => harness?.stop())
beforeEach(() => {
  harness.requests.length = 0
})

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check)
const requestsOf = (athleteId: string) => harness.requests.filter((request) => request.athleteId === athleteId)
const subjectOf = (athleteId: string) => `sync.requested.interactive.${athleteId}`
const waitingMessage = (athleteId: string) =>
  eventually(async () => expect(await harness.bus.hasMessage(subjectOf(athleteId))).toBe(true))
/** A row that was asked for later than the one looked at has become stale, and was swept twice. */
const severalSweeps = async () => {
  const marker = await harness.link()
  await waitingMessage(marker.athleteId)
  for (const asked of [2, 3]) {
    await harness.bus.transport.manager.streams.purge('SYNC', { filter: subjectOf(marker.athleteId) })
    await eventually(() => expect(requestsOf(marker.athleteId)).toHaveLength(asked))
  }
}

describe('the sweep', () => {
  it('finds a link whose athlete.linked was lost, and asks once', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    await harness.publish('athlete.linked', linkedEvent(link))
    await severalSweeps()
    expect(requestsOf(link.athleteId)).toHaveLength(1)
  })

  it('finds a manual sync whose sync.triggered was lost', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    const manualSync = { runId: newId('run'), requestedAt: new Date() }
    await harness.changeLink(link._id, { manualSync })
    await eventually(() =>
      expect(requestsOf(link.athleteId).at(-1)).toMatchObject({ runId: manualSync.runId, cause: 'manual' }),
    )
    expect(requestsOf(link.athleteId)).toHaveLength(2)
  })

  it('removes the row of a link that is gone', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    await harness.removeLink(link._id)
    await eventually(async () => expect(await harness.schedule(link.athleteId)).toBeNull())
  })

  it('asks again, under the same run, when the message is gone; not while it waits', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    await severalSweeps()
    expect(requestsOf(link.athleteId)).toHaveLength(1)
    await harness.bus.transport.manager.streams.purge('SYNC', { filter: subjectOf(link.athleteId) })
    await eventually(() => expect(requestsOf(link.athleteId)).toHaveLength(2))
    const [first, second] = requestsOf(link.athleteId)
    expect(second).toEqual(first)
  })

  it('completes a row whose sync.finished was lost', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    const [request] = requestsOf(link.athleteId)
    await harness.insertRun({ _id: request!.runId, state: 'finished', resumeAt: null, leaseUntil: null })
    await eventually(async () =>
      expect(await harness.schedule(link.athleteId)).toMatchObject({ completedVersion: 1, publishedAt: null }),
    )
  })

  it('leaves a parked run alone until its time', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    const [request] = requestsOf(link.athleteId)
    const resumeAt = new Date(Date.now() + 60_000)
    await harness.insertRun({ _id: request!.runId, state: 'waiting_for_quota', resumeAt, leaseUntil: null })
    await harness.bus.transport.manager.streams.purge('SYNC', { filter: subjectOf(link.athleteId) })
    await severalSweeps()
    expect(requestsOf(link.athleteId)).toHaveLength(1)
  })

  it('brings all open work back after NATS lost everything', async () => {
    const links = await Promise.all(Array.from({ length: 10 }, () => harness.link()))
    for (const { athleteId } of links) await waitingMessage(athleteId)
    await harness.nats.wipe()
    for (const { athleteId } of links) await waitingMessage(athleteId)
    const [some] = links
    await harness.publish('sync.finished', finishedEvent(requestsOf(some!.athleteId)[0]!))
    await eventually(async () => expect(await harness.schedule(some!.athleteId)).toMatchObject({ completedVersion: 1 }))
  })
})
