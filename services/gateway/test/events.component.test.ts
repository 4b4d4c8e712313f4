import { type Status, statusSchema, waitReasons } from '@slipstream/contracts'
import { createQuotaLedger } from '@slipstream/quota'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { anna, forgetLinks, linkOnWeb } from './support/linking.ts'
import { insert, runOf, storedLink, wantingOf } from './support/stored.ts'
import { type SignedIn, type System, startSystem } from './support/system.ts'

let system: System
let athlete: SignedIn
const open: { close(): void }[] = []

beforeAll(async () => {
  // What is told has to be told without one.
  system = await startSystem({ overrides: { heartbeatMs: 600_000, watchIntervalMs: 100 } })
  athlete = await system.signIn('anna')
})
afterEach(async () => {
  for (const stream of open.splice(0)) stream.close()
  await forgetLinks(system)
})
afterAll(() => system.stop())

interface Message {
  id?: string
  event?: string
  data?: string
}

const parseMessage = (block: string): Message =>
  Object.fromEntries(
    block
      .split('\n')
      .filter((line) => !line.startsWith(':'))
      .map((line) => line.split(/: (.*)/s).slice(0, 2)),
  )

/** Reads the raw stream, so that ids, names and comments can be looked at. */
const follow = async (token: string, lastEventId?: string, url = system.url) => {
  const aborted = new AbortController()
  const response = await fetch(`${url}/api/v1/strava/events`, {
    headers: { authorization: `Bearer ${token}`, ...(lastEventId && { 'last-event-id': lastEventId }) },
    signal: aborted.signal,
  })
  const stream = { response, messages: [] as Message[], text: '', ended: false, close: () => aborted.abort() }
  open.push(stream)
  const read = async () => {
    const decoder = new TextDecoder()
    for await (const chunk of response.body!) {
      stream.text += decoder.decode(chunk, { stream: true })
      const blocks = stream.text.split('\n\n')
      stream.messages = blocks
        .slice(0, -1)
        .map(parseMessage)
        .filter(({ event }) => event !== undefined)
    }
  }
  void read()
    .catch(() => {})
    .finally(() => {
      stream.ended = true
    })
  return stream
}

type Stream = Awaited<ReturnType<typeof follow>>
const named = (stream: Stream, event: string) => stream.messages.filter((message) => message.event === event)
const dataOf = (message: Message | undefined) => JSON.parse(message?.data ?? 'null')

test('a snapshot first, then the link as it is made, and a new snapshot', async () => {
  const stream = await follow(athlete.token)
  expect(stream.response.status).toBe(200)
  expect(stream.response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  await vi.waitFor(() => expect(dataOf(stream.messages[0])).toMatchObject({ status: 'not_linked' }))
  expect(stream.messages[0]?.event).toBe('status')

  await linkOnWeb(system, athlete, { athlete: anna })
  await vi.waitFor(() => expect(named(stream, 'link')).toHaveLength(1))
  const [linked] = named(stream, 'link')
  expect(linked?.id).toMatch(/^\d+$/)
  expect(dataOf(linked)).toMatchObject({ type: 'athlete.linked', stravaAthleteId: String(anna) })
  await vi.waitFor(() => {
    const latest: Status = statusSchema.parse(dataOf(named(stream, 'status').at(-1)))
    expect(latest.status).toBe('active')
  })
})

test('progress, finished runs and activities of one’s own, and nobody else’s', async () => {
  await linkOnWeb(system, athlete, { athlete: anna })
  const link = await storedLink(system, 'anna')
  const bus = await system.bus()
  const stream = await follow(athlete.token)
  await vi.waitFor(() => expect(stream.messages.length).toBeGreaterThan(0))

  const announce = (athleteId: string, stored: number) =>
    bus.announce('sync.progress', {
      ...{ athleteId, runId: 'run_1', listed: 10, stored, estimatedFinishAt: null, state: 'running', waitingFor: null },
    })
  await vi.waitFor(() => {
    announce('ath_other', 99)
    announce(link.athleteId, 5)
    expect(named(stream, 'progress').length).toBeGreaterThan(0)
  })
  expect(named(stream, 'progress').every((message) => dataOf(message).stored === 5)).toBe(true)
  expect(named(stream, 'progress')[0]?.id).toBeUndefined()

  for (const athleteId of ['ath_other', link.athleteId]) {
    await bus.publish({
      id: `evt_deleted_${athleteId}`,
      type: 'activity.deleted',
      data: { athleteId, workoutId: `wko_${athleteId}`, stravaActivityId: '1', version: 2, reason: 'gone' },
      occurredAt: new Date(),
    })
  }
  await vi.waitFor(() => expect(named(stream, 'activity')).toHaveLength(1))
  expect(dataOf(named(stream, 'activity')[0])).toMatchObject({
    type: 'activity.deleted',
    workoutId: `wko_${link.athleteId}`,
  })
})

test('coming back with the last id: what was missed, once and in order', async () => {
  await linkOnWeb(system, athlete, { athlete: anna })
  const link = await storedLink(system, 'anna')
  const bus = await system.bus()
  const publish = (index: number) =>
    bus.publish({
      id: `evt_missed_${index}_${link._id}`,
      type: 'activity.deleted',
      data: { athleteId: link.athleteId, workoutId: `wko_${index}`, stravaActivityId: '1', version: 2, reason: 'gone' },
      occurredAt: new Date(),
    })
  const first = await follow(athlete.token)
  await vi.waitFor(() => expect(first.messages.length).toBeGreaterThan(0))
  await vi.waitFor(async () => {
    await publish(0)
    expect(named(first, 'activity')).toHaveLength(1)
  })
  const lastId = named(first, 'activity')[0]!.id!
  first.close()
  for (const index of [1, 2, 3]) await publish(index)
  const second = await follow(athlete.token, lastId)
  await vi.waitFor(() => expect(named(second, 'activity')).toHaveLength(3))
  expect(named(second, 'activity').map((message) => dataOf(message).workoutId)).toEqual(['wko_1', 'wko_2', 'wko_3'])
})

test('a change whose news was lost is shown with a heartbeat', async () => {
  const own = await startSystem({ overrides: { heartbeatMs: 200, watchIntervalMs: 600_000 } })
  const person = await own.signIn('anna')
  await linkOnWeb(own, person, { athlete: anna })
  const link = await storedLink(own, 'anna')
  await insert(own, 'schedules', [wantingOf(link, 'run_before', { isOpen: false })])
  const stream = await follow(person.token, undefined, own.url)
  await vi.waitFor(() => expect(stream.text).toContain('\n: still here\n'))
  const before = named(stream, 'status').length
  await insert(own, 'sync_runs', [runOf(link, 'run_quiet', { outcome: 'failed' })])
  await vi.waitFor(() => expect(named(stream, 'status').length).toBe(before + 1))
  expect(dataOf(named(stream, 'status').at(-1)).error.code).toBe('strava_unavailable')
  await own.stop()
})

describe('without a heartbeat', () => {
  const shown = (stream: Stream): Status => statusSchema.parse(dataOf(named(stream, 'status').at(-1)))

  beforeEach(() => linkOnWeb(system, athlete, { athlete: anna }))
  afterEach(async () => {
    for (const name of ['sync_runs', 'schedules', 'quota']) {
      await system.store.connection.collection(name).deleteMany({})
    }
  })

  test.each(waitReasons)('a run that waits for %s is shown at once, and that it goes on', async (waitingFor) => {
    const link = await storedLink(system, 'anna')
    await insert(system, 'schedules', [wantingOf(link, 'run_1')])
    const going = { state: 'running', finishedAt: null, outcome: null } as const
    await insert(system, 'sync_runs', [runOf(link, 'run_1', going)])
    const stream = await follow(athlete.token)
    await vi.waitFor(() => expect(shown(stream).sync?.state).toBe('running'))
    const bus = await system.bus()
    const tell = (state: 'waiting' | 'running', reason: typeof waitingFor | null) =>
      bus.announce('sync.progress', {
        ...{ athleteId: link.athleteId, runId: 'run_1', listed: 3, stored: 3, estimatedFinishAt: null },
        ...{ state, waitingFor: reason },
      })
    const write = (change: object) =>
      system.store.connection.collection('sync_runs').updateOne({ _id: 'run_1' } as never, { $set: change })

    await write({ state: 'waiting_for_quota', waitingFor, resumeAt: new Date(Date.now() + 60_000) })
    tell('waiting', waitingFor)
    await vi.waitFor(() => expect(shown(stream).sync).toMatchObject({ state: 'waiting', waitingFor }))
    expect(named(stream, 'progress').map(dataOf).at(-1)).toMatchObject({ state: 'waiting', waitingFor })
    await write({ state: 'queued', waitingFor: null, resumeAt: null })
    tell('running', null)
    await vi.waitFor(() => expect(shown(stream).sync).toMatchObject({ state: 'running', waitingFor: null }))
  })

  test('that the app is switched off, and that it is on again, is shown to everybody who looks', async () => {
    const streams = [await follow(athlete.token), await follow(athlete.token)]
    for (const stream of streams) await vi.waitFor(() => expect(shown(stream).error).toBeNull())
    const { collections } = system.store
    const ledger = createQuotaLedger({ collections, clientId: '12345', clock: system.clock })
    const seen = { operation: 'activities', athleteId: 'ath_any', lane: 'scheduled', reading: null } as const
    await ledger.report({ ...seen, shows: 'inactive', sentAt: system.clock.now() })
    for (const stream of streams) await vi.waitFor(() => expect(shown(stream).error?.code).toBe('app_inactive'))
    await ledger.report({ ...seen, shows: 'works', sentAt: system.clock.now() })
    for (const stream of streams) await vi.waitFor(() => expect(shown(stream).error).toBeNull())
  })
})

test('the stream ends with its token', async () => {
  const soon = await system.issuer.mint('anna', { claims: { exp: Math.floor(Date.now() / 1000) + 2 } })
  const stream = await follow(soon)
  expect(stream.ended).toBe(false)
  await vi.waitFor(() => expect(stream.ended).toBe(true))
})

test('a sixth stream of an athlete ends the oldest', async () => {
  const streams: Stream[] = []
  for (let index = 0; index < 6; index++) streams.push(await follow(athlete.token))
  await vi.waitFor(() => expect(streams[0]!.ended).toBe(true))
  expect(streams.slice(1).every(({ ended }) => !ended)).toBe(true)
})

test.each(['abc', '-1', '1e3', '99999999999999999999'])('Last-Event-ID %s is refused', async (id) => {
  const { response } = await follow(athlete.token, id)
  expect(response.status).toBe(400)
})

test('a stop ends open streams', async () => {
  const own = await startSystem()
  const person = await own.signIn('anna')
  const response = await person.call('GET', '/api/v1/strava/events')
  const startedAt = performance.now()
  await own.stop()
  expect(performance.now() - startedAt).toBeLessThan(15_000)
  await response.text()
})
