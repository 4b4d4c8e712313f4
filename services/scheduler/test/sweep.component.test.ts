import { newId } from '@slipstream/runtime'
import { isRequestStored } from '@slipstream/testing'
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
  eventually(async () => expect(await isRequestStored(harness.bus, subjectOf(athleteId))).toBe(true))
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
    expect(await harness.schedule(link.athleteId)).toMatchObject({ requestedVersion: 1 })
  })

  it('finds a manual sync whose sync.triggered was lost', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    const manualSync = { runId: newId('run'), requestedAt: new Date() }
    await harness.changeLink(link._id, { manualSync })
    await eventually(() =>
      expect(requestsOf(link.athleteId).at(-1)).toMatchObject({ runId: manualSync.runId, cause: 'manual' }),
    )
    expect(await harness.schedule(link.athleteId)).toMatchObject({ requestedVersion: 2 })
  })

  it('removes the row of a link that is gone', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    await harness.endLink(link)
    await eventually(async () => expect(await harness.schedule(link.athleteId)).toBeNull())
  })

  it('finds a link that became active again a minute ago', async () => {
    const link = await harness.link({ status: 'reauth_required' })
    await severalSweeps()
    expect(requestsOf(link.athleteId)).toEqual([])
    await harness.changeLink(link._id, { status: 'active', statusSince: new Date(Date.now() - 60_000) })
    await waitingMessage(link.athleteId)
  })

  it('asks again, under the same run, also while a message waits: it may be one that is never delivered', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    await eventually(() => expect(requestsOf(link.athleteId).length).toBeGreaterThanOrEqual(2))
    await harness.bus.transport.manager.streams.purge('SYNC', { filter: subjectOf(link.athleteId) })
    await waitingMessage(link.athleteId)
    expect(new Set(requestsOf(link.athleteId).map(({ runId }) => runId)).size).toBe(1)
  })

  it('reads open rows by index', async () => {
    const plan = await harness.store.collections.schedules
      .find({ publishedAt: { $lt: new Date() } })
      .sort({ publishedAt: 1 })
      .limit(200)
      .explain('queryPlanner')
    expect(JSON.stringify(plan)).toContain('"indexName":"published"')
    expect(JSON.stringify(plan)).not.toContain('COLLSCAN')
  })

  it('completes a row whose sync.finished was lost', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    const [request] = requestsOf(link.athleteId)
    const ended = { state: 'finished', outcome: 'succeeded', finishedAt: new Date(), answers: { interactive: 1 } }
    await harness.insertRun({
      _id: request!.runId,
      linkId: link._id,
      lane: 'interactive',
      requestedVersion: 1,
      ...ended,
    })
    await eventually(async () =>
      expect(await harness.schedule(link.athleteId)).toMatchObject({ completedVersion: 1, publishedAt: null }),
    )
  })

  it('leaves a parked run alone until its time', async () => {
    const link = await harness.link()
    await waitingMessage(link.athleteId)
    const [request] = requestsOf(link.athleteId)
    const resumeAt = new Date(Date.now() + 60_000)
    const parked = { state: 'waiting_for_quota', resumeAt, leaseUntil: null }
    await harness.insertRun({ _id: request!.runId, linkId: link._id, lane: 'interactive', ...parked })
    await harness.bus.transport.manager.streams.purge('SYNC', { filter: subjectOf(link.athleteId) })
    const asked = requestsOf(link.athleteId).length
    await severalSweeps()
    expect(requestsOf(link.athleteId).length).toBeLessThanOrEqual(asked + 1)
    expect((await harness.schedule(link.athleteId))?.publishedAt).toEqual(resumeAt)
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
