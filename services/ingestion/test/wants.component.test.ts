import { newId } from '@slipstream/runtime'
import { isRequestStored } from '@slipstream/testing'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { eventually, type Harness, ofType, startHarness, type TestLink } from './harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
  await harness.startIngestion()
})
afterAll(() => harness?.stop())
beforeEach(async () => {
  harness.simulator.control.reset()
  await harness.store.collections.quota.deleteMany({})
})

const run = (runId: string) => harness.store.collections.syncRuns.findById(runId).lean()
const runsOf = ({ linkId }: TestLink) => harness.store.collections.syncRuns.find({ linkId }).lean()
const isStored = ({ athleteId }: TestLink, lane: string) =>
  isRequestStored(harness.bus, `sync.requested.${lane}.${athleteId}`)
const holdList = () =>
  harness.simulator.control.setFaults({
    rules: [{ endpoint: 'activities', effect: { kind: 'latency', latencyMs: 700 } }],
  })
const isRunning = (runId: string) =>
  eventually(async () => expect(await run(runId)).toMatchObject({ state: 'running', startedAt: expect.any(Date) }))

describe('what is wanted during a run', () => {
  it('waits for the next one, which finds what was uploaded meanwhile; the run under way is not cancelled', async () => {
    const link = await harness.link('anna')
    holdList()
    const first = await harness.request(link)
    await isRunning(first)
    const second = await harness.request(link, { cause: 'manual' })
    const late = harness.simulator.control.lateUpload('anna')
    harness.simulator.control.clearFaults()

    expect(await harness.finishedRun(first)).toMatchObject({ outcome: 'succeeded', answers: { interactive: 1 } })
    // The scheduler hears of the end and asks for what is still open.
    await harness.request(link, { runId: second })
    expect(await harness.finishedRun(second)).toMatchObject({ outcome: 'succeeded', answers: { interactive: 2 } })
    const stored = await harness.store.collections.workouts.find({ linkId: link.linkId }).lean()
    expect(stored.map(({ stravaActivityId }) => stravaActivityId)).toContain(String(late.id))
    expect(await runsOf(link)).toHaveLength(2)
  })

  it('in a less urgent lane is left to a full pass that took it along', async () => {
    const link = await harness.link('dana')
    const seen = harness.follow(link.athleteId)
    holdList()
    // Wanted, but its message is still on the way.
    const scheduled = newId('run')
    await harness.want(link, { runId: scheduled, lane: 'scheduled', cause: 'hourly' })
    const interactive = await harness.request(link)
    await isRunning(interactive)
    await harness.request(link, { runId: scheduled, lane: 'scheduled', cause: 'hourly' })
    await eventually(async () => expect(await isStored(link, 'scheduled')).toBe(false))
    harness.simulator.control.clearFaults()
    await harness.finishedRun(interactive)
    await eventually(() => expect(ofType(seen, 'sync.finished')).toHaveLength(1))
    expect(ofType(seen, 'sync.finished')[0]?.data).toMatchObject({
      runId: interactive,
      lane: 'interactive',
      laneVersion: 2,
      answers: { interactive: 2, scheduled: 1 },
    })
    expect(await run(scheduled)).toBeNull()
  })

  it('in a more urgent lane does not wait for a less urgent run', async () => {
    const link = await harness.link('dana')
    holdList()
    const scheduled = await harness.request(link, { lane: 'scheduled', cause: 'hourly' })
    await isRunning(scheduled)
    const interactive = await harness.request(link, { cause: 'manual' })
    await isRunning(interactive)
    expect(await run(scheduled)).toMatchObject({ state: 'running' })
    harness.simulator.control.clearFaults()
    expect(await harness.finishedRun(scheduled)).toMatchObject({ answers: { scheduled: 1 } })
    expect(await harness.finishedRun(interactive)).toMatchObject({ answers: { interactive: 2 } })
  })
})

describe('a wake-up', () => {
  it('of any kind brings the run that is wanted: what it names is not looked at', async () => {
    const link = await harness.link('dana')
    const runId = newId('run')
    await harness.want(link, { runId, lane: 'interactive' })
    await harness.wake(link, { runId: 'run_of_a_page', lane: 'interactive' })
    expect(await harness.finishedRun(runId)).toMatchObject({ outcome: 'succeeded' })
    expect(await run('run_of_a_page')).toBeNull()
  })

  it('for which nothing is wanted is done with', async () => {
    const link = await harness.link('dana')
    await harness.wake(link, { runId: 'run_of_nobody', lane: 'realtime' })
    await eventually(async () => expect(await isStored(link, 'realtime')).toBe(false))
    expect(await runsOf(link)).toEqual([])
    expect(harness.simulator.control.calls().total).toBe(0)
  })

  it('of release 0.1 is read from its row', async () => {
    const link = await harness.link('dana')
    const now = harness.clock.now()
    const runId = newId('run')
    const window = { after: new Date(now.getTime() - 28 * 86_400_000), before: new Date(now.getTime() + 86_400_000) }
    await harness.store.connection.collection<{ _id: string }>('schedules').insertOne({
      ...{ _id: link.athleteId, linkId: link.linkId, requestedVersion: 7, completedVersion: 6 },
      request: { runId, lane: 'interactive', cause: 'manual', window, requestedAt: now },
      ...{ manualRunId: runId, publishedAt: now, nextDueAt: now, outbox: [] },
    } as never)
    await harness.wake(link, { runId, lane: 'interactive' })
    expect(await harness.finishedRun(runId)).toMatchObject({
      ...{ outcome: 'succeeded', cause: 'manual', requestedVersion: 7, answers: { interactive: 7 } },
    })
  })
})

describe('a run that has made no call', () => {
  it('takes in what is wanted until it does, and sets its window then', async () => {
    const link = await harness.link('dana')
    harness.simulator.control.setLimits({ read: { quarterHour: 0 } })
    const other = await harness.link('anna')
    // Spends the one call it takes to learn that the window is closed.
    const spent = await harness.request(other)
    await eventually(async () => expect(await run(spent)).toMatchObject({ state: 'waiting_for_quota' }))
    const runId = await harness.request(link)
    const parked = await eventually(async () => {
      const found = await run(runId)
      expect(found).toMatchObject({ state: 'waiting_for_quota', startedAt: null, counts: { calls: 0 } })
      return found
    })
    await harness.want(link, { runId, lane: 'interactive', isMore: true })
    harness.clock.offsetMs += (parked?.resumeAt?.getTime() ?? 0) - harness.clock.now().getTime() + 1000
    harness.simulator.control.setLimits({ read: { quarterHour: 100 } })
    const done = await harness.finishedRun(runId)
    expect(done).toMatchObject({ outcome: 'succeeded', answers: { interactive: 2 } })
    await harness.finishedRun(spent)
    expect(done.window.after.getTime()).toBeGreaterThan(parked?.window.after.getTime() ?? Number.POSITIVE_INFINITY)
  })

  it('ends where another one has answered for it', async () => {
    const link = await harness.link('dana')
    const needless = newId('run')
    const want = await harness.want(link, { runId: needless, lane: 'scheduled', cause: 'hourly' })
    await harness.want(link, { runId: newId('run'), lane: 'interactive' })
    const interactive = await harness.request(link)
    await harness.finishedRun(interactive)
    await harness.store.collections.syncRuns.create({
      ...{ _id: needless, athleteId: link.athleteId, linkId: link.linkId, lane: 'scheduled', cause: 'hourly' },
      ...{ window: { after: new Date(0), before: new Date() }, requestedVersion: 1, laneVersion: want.asked },
      ...{ requestedAt: new Date(), state: 'queued', nextPage: 1, fence: 0 },
      counts: { listed: 0, created: 0, updated: 0, deleted: 0, unchanged: 0, calls: 0 },
    })
    await harness.answer(link, 'scheduled')
    harness.simulator.control.clearCalls()
    await harness.wake(link, { runId: needless, lane: 'scheduled' })
    expect(await harness.finishedRun(needless)).toMatchObject({ outcome: 'cancelled', counts: { calls: 0 } })
    expect(harness.simulator.control.calls().total).toBe(0)
  })
})

describe('a list that changes or misbehaves', () => {
  it.each([
    ['full', false],
    ['short', true],
  ])('loses nothing when an activity is deleted between two %s pages', async (_what, shortPages) => {
    const { control } = harness.simulator
    const link = await harness.link('busy')
    const slow = { endpoint: 'activities', effect: { kind: 'latency', latencyMs: 700 } } as const
    control.setFaults({ rules: [slow], behaviour: { shortPages } })
    const runId = await harness.request(link)
    await eventually(async () => expect((await run(runId))?.cursor?.pages).toBe(1))
    const [newest] = await harness.store.collections.workouts
      .find({ linkId: link.linkId })
      .sort({ startedAt: -1 })
      .lean()
    control.deleteActivity(Number(newest?.stravaActivityId))
    control.setFaults({ rules: [] })
    expect(await harness.finishedRun(runId)).toMatchObject({
      ...{ outcome: 'succeeded', counts: { created: 450 } },
    })
    expect(await harness.store.collections.workouts.countDocuments({ linkId: link.linkId })).toBe(450)
  })

  it.each([
    ['eva', 2],
    ['busy', 3],
  ])('ends the run of %s as failed after %i calls when it ignores the page number', async (account, calls) => {
    const link = await harness.link(account)
    harness.simulator.control.setFaults({ rules: [{ endpoint: 'activities', effect: { kind: 'same_page' } }] })
    expect(await harness.finishedRun(await harness.request(link))).toMatchObject({
      outcome: 'failed',
      errorCode: 'strava_unavailable',
      counts: { calls },
    })
  })
})
