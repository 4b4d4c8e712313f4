import type { ScheduleRow, WebhookInboxRow } from '@slipstream/records'
import { newId, systemClock } from '@slipstream/runtime'
import { createLogger, createMetrics } from '@slipstream/telemetry'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createInbox } from '../src/adapters/inbox.ts'
import { createLinkReader } from '../src/adapters/link-reader.ts'
import { createRunReader } from '../src/adapters/run-reader.ts'
import { createScheduleStore } from '../src/adapters/schedule-store.ts'
import { createFacts } from '../src/facts.ts'
import type { TakeInDeps } from '../src/requests/take-in.ts'
import { claimDue } from '../src/sweeps/claim-due.ts'
import { lookAtEndedLinks } from '../src/sweeps/ended-links.ts'
import { sweepInbox } from '../src/sweeps/inbox.ts'
import { lookAtLinks } from '../src/sweeps/links.ts'
import { type OpenRowsDeps, sweepOpenRows } from '../src/sweeps/open-rows.ts'
import { type Harness, startHarness } from './harness.ts'
import { minuteAgo, noticeOf } from './support/notices.ts'

let harness: Harness
let nudges: number
let lines: { msg: string }[]
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness?.stop())
beforeEach(() => {
  nudges = 0
  lines = []
})
afterEach(async () => {
  await harness.store.collections.schedules.deleteMany({})
  await harness.store.connection.collection('links').deleteMany({})
  await harness.store.connection.collection('webhook_inbox').deleteMany({})
})

const running = new AbortController().signal
const stopped = AbortSignal.abort()
const long = new Date('2026-01-01T00:00:00Z')
/** No version at all: no event can be made of it. */
const broken = { requestedVersion: 1.5, completedVersion: 0.5 }

const deps = (): OpenRowsDeps & TakeInDeps => {
  const { collections } = harness.store
  return {
    schedules: createScheduleStore({ collections, clock: systemClock, newId }),
    links: createLinkReader(collections),
    runs: createRunReader(collections),
    inbox: createInbox(collections),
    cadence: async () => ({ intervalMs: 3_600_000, isStretched: false, windowDays: 28 }),
    facts: createFacts(
      createLogger('test', 'info', { write: (line: string) => lines.push(JSON.parse(line)) }),
      createMetrics('scheduler'),
    ),
    clock: systemClock,
    newId,
    random: () => 0,
    nudge: () => {
      nudges += 1
    },
    staleAfterMs: 20_000,
  }
}

const noticed = async (...rows: WebhookInboxRow[]): Promise<string[]> => {
  await harness.store.connection.collection<WebhookInboxRow>('webhook_inbox').insertMany(rows)
  return rows.map(({ _id }) => _id)
}

const insert = async (changes: Partial<ScheduleRow>): Promise<string> => {
  const { _id: linkId, athleteId } = await harness.link({ linkedAt: long, statusSince: long })
  const now = new Date()
  await harness.insertSchedules([
    {
      ...{ _id: athleteId, linkId, requestedVersion: 2, completedVersion: 2, manualRunId: null, publishedAt: null },
      request: {
        ...{ runId: newId('run'), lane: 'scheduled', cause: 'hourly', requestedAt: long },
        window: { after: long, before: now },
      },
      ...{ nextDueAt: now, outbox: [], ...changes },
    },
  ])
  return athleteId
}

describe('a turn of hourly claims', () => {
  it('leaves out a row that fails, and tells', async () => {
    const bad = await insert({ ...broken, completedVersion: 1.5, nextDueAt: long })
    const good = await insert({})
    await claimDue(deps())(running)
    expect(await harness.schedule(good)).toMatchObject({ requestedVersion: 3 })
    expect(nudges).toBeGreaterThan(0)
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'error', task: 'claim-due', rows: 1, athleteId: bad }),
    )
  })

  it('removes a row whose link is gone, and asks for nothing', async () => {
    const athleteId = await insert({})
    await harness.store.connection.collection('links').deleteOne({ athleteId })
    await claimDue(deps())(running)
    expect(await harness.schedule(athleteId)).toBeNull()
  })

  it('begins nothing after the stop', async () => {
    const athleteId = await insert({})
    await claimDue(deps())(stopped)
    expect(await harness.schedule(athleteId)).toMatchObject({ requestedVersion: 2 })
  })
})

describe('a turn of a sweep', () => {
  it('leaves out rows that fail, and tells', async () => {
    const bad = await insert({ ...broken, publishedAt: long })
    const good = await insert({ requestedVersion: 3, publishedAt: long })
    await sweepOpenRows(deps())(running)
    expect((await harness.schedule(good))?.publishedAt?.getTime()).toBeGreaterThan(long.getTime())
    expect(nudges).toBe(1)
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 'error', task: 'open-rows', rows: 1, athleteId: bad }),
    )
  })

  it('looks again for what a run of webhooks did not find, though its end was not heard', async () => {
    const runId = newId('run')
    const realtime = { asked: 3, answered: 2, runId, cause: 'webhook' as const, windowDays: 28, requestedAt: long }
    const athleteId = await insert({ requestedVersion: 3, publishedAt: long, wants: { realtime } })
    const { linkId } = (await harness.schedule(athleteId))!
    const [inboxId = ''] = await noticed(noticeOf({ _id: linkId, athleteId }, { takenAt: long }))
    await harness.insertRun({
      ...{ _id: runId, athleteId, linkId, lane: 'realtime', requestedVersion: 3, answers: { realtime: 3 } },
      ...{ state: 'finished', outcome: 'succeeded', finishedAt: long, resumeAt: null, leaseUntil: null, unseen: ['7'] },
      activities: [{ stravaActivityId: '7', inboxId, aspect: 'create', eventTime: long, asked: 3 }],
    })
    const sweptAt = Date.now()
    await sweepOpenRows(deps())(running)
    expect(await harness.schedule(athleteId)).toMatchObject({ completedVersion: 3, publishedAt: null })
    const notice = await harness.store.collections.webhookInbox.findById(inboxId).lean()
    expect(notice).toMatchObject({ takenAt: null, attempts: 1 })
    expect(notice?.nextTryAt.getTime()).toBeGreaterThan(sweptAt)
  })

  it('goes through all open rows, slice by slice, each once', async () => {
    const athleteIds = await Promise.all(
      Array.from({ length: 450 }, () => insert({ requestedVersion: 3, publishedAt: long })),
    )
    const turn = sweepOpenRows(deps())
    for (let round = 0; round < 2; round += 1) {
      await turn(running)
      const rows = await harness.store.collections.schedules.find({ _id: { $in: athleteIds } }).lean()
      expect(rows.filter(({ outbox, revision }) => outbox.length === 1 && revision === 1)).toHaveLength(450)
    }
  })

  it('leaves out a link whose first import cannot be asked for, and tells', async () => {
    const now = new Date()
    const bad = await insert(broken)
    await harness.store.connection.collection('links').updateOne({ athleteId: bad }, { $set: { statusSince: now } })
    const { athleteId: neglected } = await harness.link()
    const { changed } = deps().links
    await lookAtLinks(deps())(await changed.behind({ time: long, id: '' }, 10), running)
    expect(await harness.schedule(neglected)).toMatchObject({ requestedVersion: 1 })
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', task: 'links', athleteId: bad }))
  })

  it('leaves out an ended link whose row cannot be removed, and tells', async () => {
    const [bad, good] = [await insert({}), await insert({})]
    const ended = await Promise.all(
      [bad, good].map(async (athleteId) => {
        await harness.store.connection.collection('links').deleteOne({ athleteId })
        const { linkId } = (await harness.schedule(athleteId))!
        return { _id: `receipt_${athleteId}`, athleteId, linkId, requestedAt: long }
      }),
    )
    const { schedules, ...others } = deps()
    const remove: typeof schedules.remove = async (athleteId, linkId) => {
      if (athleteId === bad) throw new Error('cannot be removed')
      return schedules.remove(athleteId, linkId)
    }
    await lookAtEndedLinks({ ...others, schedules: { ...schedules, remove } })(ended, running)
    expect(await harness.schedule(good)).toBeNull()
    expect(lines).toContainEqual(expect.objectContaining({ level: 'error', task: 'links-ended', athleteId: bad }))
  })

  it('begins nothing after the stop', async () => {
    const stale = await insert({ requestedVersion: 3, publishedAt: long })
    const ended = await insert({})
    await harness.store.connection.collection('links').deleteOne({ athleteId: ended })
    const neglected = await harness.link()
    const { links } = deps()
    await sweepOpenRows(deps())(stopped)
    await lookAtLinks(deps())([(await links.find(neglected._id))!], stopped)
    const { linkId } = (await harness.schedule(ended))!
    await lookAtEndedLinks(deps())([{ _id: 'receipt', athleteId: ended, linkId, requestedAt: long }], stopped)
    expect(await harness.schedule(stale)).toMatchObject({ publishedAt: long })
    expect(await harness.schedule(ended)).not.toBeNull()
    expect(await harness.schedule(neglected.athleteId)).toBeNull()
  })
})

describe('a turn over what webhooks said', () => {
  const inboxRows = () => harness.store.collections.webhookInbox
  const many = (link: { _id: string; athleteId: string }, count: number, changes: Partial<WebhookInboxRow> = {}) =>
    Array.from({ length: count }, (_, index) => noticeOf(link, { objectId: `${index}`, nextTryAt: long, ...changes }))
  const linkOf = async (changes: Partial<ScheduleRow> = {}) => {
    const athleteId = await insert(changes)
    return { _id: (await harness.schedule(athleteId))!.linkId, athleteId }
  }
  const until = new Date(Date.now() + 1_800_000)

  it('puts off all of an athlete who may not be asked for now, and gets to the others', async () => {
    const since = new Date(until.getTime() - 3_600_000)
    const [flooded, other] = [await linkOf({ looks: { since, count: 10 } }), await linkOf()]
    await noticed(...many(flooded, 1_000), ...many(flooded, 10, { attempts: 2 }))
    const [told = ''] = await noticed(noticeOf(other))
    await sweepInbox(deps())(running)
    expect(await inboxRows().countDocuments({ linkId: flooded._id, takenAt: null, nextTryAt: until })).toBe(1_010)
    expect((await inboxRows().findById(told).lean())?.takenAt).not.toBeNull()
    expect(lines.filter(({ msg }) => msg.includes('put off'))).toHaveLength(1)
  })

  it('leaves to its time what a pause does not hold', async () => {
    const looks = { since: new Date(), count: 2, inVain: 5, notBefore: until }
    const paused = await linkOf({ looks })
    await noticed(...many(paused, 300), ...many(paused, 3, { attempts: 1, returned: 1, nextTryAt: minuteAgo() }))
    await sweepInbox(deps())(running)
    expect(await inboxRows().countDocuments({ linkId: paused._id, takenAt: null, nextTryAt: until })).toBe(300)
    expect(await inboxRows().countDocuments({ linkId: paused._id, takenAt: { $ne: null } })).toBe(3)
  })

  it('changes a row once for all that it has read, and goes on while there is more', async () => {
    const busy = await linkOf()
    await noticed(...many(busy, 450))
    await sweepInbox(deps())(running)
    expect(await inboxRows().countDocuments({ linkId: busy._id, takenAt: null })).toBe(0)
    expect(await harness.schedule(busy.athleteId)).toMatchObject({ requestedVersion: 5, looks: { count: 1 } })
  })

  it('puts off what cannot be taken in, ever longer, and tells', async () => {
    const [bad, good] = [await linkOf(broken), await linkOf()]
    const [failing = '', told = ''] = await noticed(noticeOf(bad), noticeOf(good))
    const turn = sweepInbox(deps())
    const pauses: number[] = []
    for (const failures of [1, 2]) {
      await inboxRows().updateOne({ _id: failing }, { $set: { nextTryAt: long } })
      const before = Date.now()
      await turn(running)
      const row = await inboxRows().findById(failing).lean()
      expect(row).toMatchObject({ takenAt: null, failures })
      pauses.push((row?.nextTryAt.getTime() ?? 0) - before)
    }
    expect(pauses[0]).toBeGreaterThanOrEqual(5_000)
    expect(pauses[1]).toBeGreaterThanOrEqual(10_000)
    expect((await inboxRows().findById(told).lean())?.takenAt).not.toBeNull()
    expect(lines).toContainEqual(expect.objectContaining({ task: 'inbox', rows: 1, athleteId: bad.athleteId }))
  })

  it('tries by itself what has failed before, so that it takes nothing along', async () => {
    const link = await linkOf()
    const unreadable = { aspectType: 'update', updates: null } as unknown as Partial<WebhookInboxRow>
    const [bad = '', good = ''] = await noticed(noticeOf(link, unreadable), noticeOf(link, { objectId: '8' }))
    const turn = sweepInbox(deps())
    await turn(running)
    expect(await inboxRows().countDocuments({ linkId: link._id, takenAt: null, failures: 1 })).toBe(2)
    await inboxRows().updateMany({ linkId: link._id }, { $set: { nextTryAt: long } })
    await turn(running)
    expect((await inboxRows().findById(good).lean())?.takenAt).not.toBeNull()
    expect(await inboxRows().findById(bad).lean()).toMatchObject({ takenAt: null, failures: 2 })
  })

  it('begins nothing after the stop', async () => {
    const [told = ''] = await noticed(noticeOf(await linkOf()))
    await sweepInbox(deps())(stopped)
    expect(await inboxRows().findById(told).lean()).toMatchObject({ takenAt: null })
  })
})
