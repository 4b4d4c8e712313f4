import type { EventData } from '@slipstream/contracts'
import { newEvent } from '@slipstream/messaging'
import type { LinkRow, ScheduleRow } from '@slipstream/records'
import { newId } from '@slipstream/runtime'
import type { RunningService } from '@slipstream/service'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { finishedEvent, type Harness, linkedEvent, startHarness } from './harness.ts'

let harness: Harness
let scheduler: RunningService
// The sweep waits for its own tests: here it would repair what a handler got wrong.
beforeAll(async () => {
  harness = await startHarness()
  scheduler = await harness.startScheduler({ claimEveryMs: 50, sweepEveryMs: 3_600_000 })
})
afterAll(() => harness?.stop())

const eventually = <T>(check: () => T | Promise<T>) => vi.waitFor(check)
const requestsOf = (athleteId: string) => harness.requests.filter((request) => request.athleteId === athleteId)
const nthRequest = (athleteId: string, count: number) =>
  eventually(() => {
    const own = requestsOf(athleteId)
    expect(own).toHaveLength(count)
    return own[count - 1] as EventData<'sync.requested'>
  })

const linkAndImport = async (): Promise<{ link: LinkRow; request: EventData<'sync.requested'> }> => {
  const link = await harness.link()
  await harness.publish('athlete.linked', linkedEvent(link))
  return { link, request: await nthRequest(link.athleteId, 1) }
}
const completed = (athleteId: string, version: number) =>
  eventually(async () => {
    const schedule = await harness.schedule(athleteId)
    expect(schedule).toMatchObject({ completedVersion: version, publishedAt: null })
    return schedule as ScheduleRow
  })

describe('linking', () => {
  it('asks for the first import in the interactive lane and opens the row', async () => {
    const { link, request } = await linkAndImport()
    expect(request).toMatchObject({
      linkId: link._id,
      lane: 'interactive',
      cause: 'linked',
      requestedVersion: 1,
      requestedAt: link.linkedAt.toISOString(),
    })
    const days = (Date.parse(request.window.before) - Date.parse(request.window.after)) / 86_400_000
    expect(days).toBe(29)
    const schedule = await harness.schedule(link.athleteId)
    expect(schedule).toMatchObject({ linkId: link._id, requestedVersion: 1, completedVersion: 0 })
    const wait = (schedule?.nextDueAt.getTime() ?? 0) - link.linkedAt.getTime()
    expect(wait).toBeGreaterThanOrEqual(3_600_000)
    expect(wait).toBeLessThan(3_600_000 * 1.1 + 5_000)
  })

  it('asks once when it is told twice', async () => {
    const { link, request } = await linkAndImport()
    await harness.publish('athlete.linked', linkedEvent(link))
    await harness.publish('sync.finished', finishedEvent(request))
    await completed(link.athleteId, 1)
    expect(requestsOf(link.athleteId)).toHaveLength(1)
  })

  it('asks for nothing when the link is gone by then', async () => {
    const link = await harness.link()
    await harness.removeLink(link._id)
    await harness.publish('athlete.linked', linkedEvent(link))
    const { link: other } = await linkAndImport()
    expect(await harness.schedule(link.athleteId)).toBeNull()
    expect(requestsOf(other.athleteId)).toHaveLength(1)
  })

  it('asks anew after a reconnect under the same link', async () => {
    const { link, request } = await linkAndImport()
    await harness.publish('sync.finished', finishedEvent(request))
    await completed(link.athleteId, 1)
    const healed = new Date()
    await harness.changeLink(link._id, { statusSince: healed })
    await harness.publish('athlete.linked', { ...linkedEvent(link), linkedAt: healed.toISOString() })
    expect(await nthRequest(link.athleteId, 2)).toMatchObject({ requestedVersion: 2, cause: 'linked' })
  })
})

describe('a manual sync', () => {
  it('is asked for under its own run id, once', async () => {
    const { link } = await linkAndImport()
    const trigger = {
      athleteId: link.athleteId,
      linkId: link._id,
      runId: newId('run'),
      requestedAt: new Date().toISOString(),
    }
    await harness.publish('sync.triggered', trigger)
    expect(await nthRequest(link.athleteId, 2)).toMatchObject({
      runId: trigger.runId,
      cause: 'manual',
      lane: 'interactive',
      requestedVersion: 2,
      requestedAt: trigger.requestedAt,
    })
    await harness.publish('sync.triggered', trigger)
    await harness.publish('sync.finished', finishedEvent(requestsOf(link.athleteId)[1]!))
    await completed(link.athleteId, 2)
    expect(requestsOf(link.athleteId)).toHaveLength(2)
  })
})

describe('the end of a run', () => {
  it('leaves what was wanted during it open, and asks for it again: its message may be gone', async () => {
    const { link, request } = await linkAndImport()
    await harness.publish('sync.triggered', {
      athleteId: link.athleteId,
      linkId: link._id,
      runId: newId('run'),
      requestedAt: new Date().toISOString(),
    })
    const second = await nthRequest(link.athleteId, 2)
    await harness.publish('sync.finished', finishedEvent(request))
    await eventually(async () =>
      expect(await harness.schedule(link.athleteId)).toMatchObject({
        completedVersion: 0,
        wants: { interactive: { asked: 2, answered: 1, runId: second.runId } },
      }),
    )
    const { window, ...again } = second
    expect(await nthRequest(link.athleteId, 3)).toMatchObject(again)
    await harness.publish('sync.finished', finishedEvent(second))
    await completed(link.athleteId, 2)
  })

  it('brings the next turn forward when a waiting athlete was failed', async () => {
    const { link, request } = await linkAndImport()
    await harness.publish('sync.finished', finishedEvent(request, 'failed'))
    const schedule = await completed(link.athleteId, 1)
    expect(schedule.nextDueAt.getTime() - Date.now()).toBeLessThanOrEqual(5 * 60_000)
  })
})

describe('beside release 0.1', () => {
  it('takes the end of a run that tells no lane from the run’s row', async () => {
    const { link, request } = await linkAndImport()
    const { runId, requestedVersion } = request
    await harness.insertRun({ _id: runId, linkId: link._id, lane: 'interactive', state: 'finished', requestedVersion })
    const { lane, laneVersion, cause, answers, ...told } = finishedEvent(request)
    await harness.publish('sync.finished', told as EventData<'sync.finished'>)
    await completed(link.athleteId, 1)
  })

  it('does a want that its scheduler raised, beside its own', async () => {
    const { link, request } = await linkAndImport()
    const runId = newId('run')
    const raised = { lane: 'scheduled', cause: 'hourly', window: { after: new Date(0), before: new Date() } }
    await harness.store.connection
      .collection<{ _id: string }>('schedules')
      .updateOne(
        { _id: link.athleteId },
        { $set: { requestedVersion: 2, request: { ...raised, runId, requestedAt: new Date() } } },
      )
    await harness.publish('sync.finished', finishedEvent(request))
    expect(await nthRequest(link.athleteId, 2)).toMatchObject({ runId, lane: 'scheduled', laneVersion: 2 })
    await harness.publish('sync.finished', finishedEvent(requestsOf(link.athleteId)[1]!))
    await completed(link.athleteId, 2)
  })
})

describe('unlinking', () => {
  it('removes the row of that link, and of no other', async () => {
    const { link } = await linkAndImport()
    const unlinked = {
      athleteId: link.athleteId,
      reason: 'user' as const,
      receiptId: newId('receipt'),
      unlinkedAt: new Date().toISOString(),
    }
    await harness.publish('athlete.unlinked', { ...unlinked, linkId: 'link_of_the_past' })
    await harness.removeLink(link._id)
    await harness.publish('athlete.unlinked', { ...unlinked, linkId: link._id })
    await eventually(async () => expect(await harness.schedule(link.athleteId)).toBeNull())
  })

  it('leaves the row while the link is still there', async () => {
    const { link } = await linkAndImport()
    const id = newId('evt')
    const unlinked = { athleteId: link.athleteId, linkId: link._id, reason: 'user' as const }
    const now = new Date()
    const data = { ...unlinked, receiptId: newId('receipt'), unlinkedAt: now.toISOString() }
    await harness.bus.publish(newEvent('athlete.unlinked', data, { id, now }))
    await eventually(async () => {
      const { delivered, ack_floor } = await harness.bus.transport.manager.consumers.info('EVENTS', 'scheduler')
      const { state } = await harness.bus.transport.manager.streams.info('EVENTS')
      expect([delivered.stream_seq, ack_floor.stream_seq]).toEqual([state.last_seq, state.last_seq])
    })
    expect(await harness.schedule(link.athleteId)).not.toBeNull()
  })
})

describe('poison', () => {
  it('becomes a dead letter after one attempt, and the next message is handled', async () => {
    const { connection } = harness.bus.transport
    const athleteId = newId('athlete')
    connection.publish(`athlete.linked.${athleteId}`, 'no event at all')
    await eventually(async () => {
      const letters = await harness.store.collections.deadLetters.find({ consumer: 'scheduler' }).lean()
      expect(letters.filter(({ subject }) => subject.endsWith(athleteId))).toMatchObject([
        { reason: 'contract_violated', attempts: 1 },
      ])
    })
    await linkAndImport()
  })
})

describe('operations', () => {
  it('is ready and counts the backlog by lane', async () => {
    await linkAndImport()
    const base = `http://127.0.0.1:${scheduler.opsPort}`
    expect((await fetch(`${base}/readyz`)).status).toBe(200)
    const metrics = await (await fetch(`${base}/metrics`)).text()
    expect(metrics).toMatch(/^slipstream_lane_backlog\{lane="interactive",service="scheduler"\} [1-9]/m)
    expect(metrics).toMatch(/^slipstream_lane_backlog\{lane="backfill",service="scheduler"\} 0$/m)
    expect(metrics).toMatch(/^slipstream_lane_oldest_seconds\{lane="backfill",service="scheduler"\} 0$/m)
  })

  it('shows how long the one who waits longest has waited', async () => {
    const { link } = await linkAndImport()
    const { schedules } = harness.store.collections
    const anHourAgo = new Date(Date.now() - 3_600_000)
    await schedules.updateOne({ _id: link.athleteId }, { $set: { 'wants.interactive.requestedAt': anHourAgo } })
    const metrics = await (await fetch(`http://127.0.0.1:${scheduler.opsPort}/metrics`)).text()
    const [, seconds] = /^slipstream_lane_oldest_seconds\{lane="interactive",.*\} (\S+)$/m.exec(metrics) ?? []
    expect(Number(seconds)).toBeGreaterThanOrEqual(3_600)
    expect(Number(seconds)).toBeLessThan(3_700)
  })

  it('shows what NATS holds, what its consumers have left, and that MongoDB answers', async () => {
    await linkAndImport()
    const metrics = await (await fetch(`http://127.0.0.1:${scheduler.opsPort}/metrics`)).text()
    expect(metrics).toMatch(/^slipstream_stream_messages\{stream="EVENTS",.*\} [1-9]/m)
    expect(metrics).toMatch(/^slipstream_stream_bytes\{stream="EVENTS",.*\} [1-9]/m)
    expect(metrics).toMatch(/^slipstream_stream_messages\{stream="ADVISORIES",.*\} \d/m)
    for (const consumer of ['scheduler', 'scheduler-webhooks']) {
      expect(metrics).toMatch(new RegExp(`^slipstream_consumer_pending\\{consumer="${consumer}",.*\\} \\d`, 'm'))
    }
    expect(metrics).toMatch(/^slipstream_mongodb_connected\{.*\} 1$/m)
    expect(metrics).toMatch(/^slipstream_mongodb_ping_seconds\{.*\} 0\.\d/m)
  })

  it('shows of how many athletes the window is proven complete', async () => {
    const ratio = async () => {
      const metrics = await (await fetch(`http://127.0.0.1:${scheduler.opsPort}/metrics`)).text()
      return Number(/^slipstream_athletes_complete_ratio\S* (\S+)$/m.exec(metrics)?.[1])
    }
    const { schedules } = harness.store.collections
    await schedules.updateMany({}, { $set: { completeUpTo: new Date() } })
    expect(await ratio()).toBe(1)
    const { link } = await linkAndImport()
    const count = await schedules.countDocuments()
    expect(await ratio()).toBeCloseTo(1 - 1 / count)
    await schedules.updateOne(
      { _id: link.athleteId },
      { $set: { completeUpTo: new Date(Date.now() - 49 * 3_600_000) } },
    )
    expect(await ratio()).toBeCloseTo(1 - 1 / count)
  })
})
