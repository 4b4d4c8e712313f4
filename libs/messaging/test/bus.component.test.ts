import { connect } from '@nats-io/transport-node'
import type { EventData } from '@slipstream/contracts'
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { exitWhenClosed } from '../src/connection.ts'
import { ensureTopology } from '../src/ensure-topology.ts'
import { TopologyError } from '../src/errors.ts'
import type { FollowedEvent } from '../src/index.ts'
import { consumerConfig, consumers, streams } from '../src/topology.ts'
import { deleted, type Harness, messagesIn, reauthRequired, startHarness, syncRequested } from './support/harness.ts'

let harness: Harness
beforeAll(async () => {
  harness = await startHarness()
})
afterAll(() => harness.stop())
beforeEach(async () => {
  for (const stream of ['SYNC', 'EVENTS']) await harness.manager.streams.purge(stream)
})

describe('topology', () => {
  test('connecting puts in place what a service works with: all three together every stream and consumer', async () => {
    for (const service of ['gateway', 'ingestion'] as const) await (await harness.connect(service)).close()
    const found = await harness.manager.streams.list().next()
    expect(found.map(({ config }) => config.name).sort()).toEqual(Object.keys(streams).sort())
    for (const [name, { stream, filterSubjects, ackWaitMs }] of Object.entries(consumers)) {
      const { config } = await harness.manager.consumers.info(stream, name)
      const max_deliver = stream === 'SYNC' ? -1 : 50
      expect(config).toMatchObject({ filter_subjects: filterSubjects, ack_wait: ackWaitMs * 1e6, max_deliver })
      expect(config.backoff).toBeUndefined()
    }
  })

  test('several processes may do so at once, and again, without losing messages', async () => {
    await harness.bus.publish(reauthRequired('ath_kept'))
    const others = await Promise.all((['gateway', 'scheduler', 'ingestion'] as const).map(harness.connect))
    expect(await messagesIn(harness.manager, 'EVENTS')).toBe(1)
    await Promise.all(others.map((other) => other.close()))
  })

  test('a stream left by an older version is updated, by the scheduler alone', async () => {
    await harness.manager.streams.update('EVENTS', { max_age: 60e9, duplicate_window: 60e9 })
    for (const service of ['gateway', 'ingestion'] as const) await ensureTopology(harness.manager, service)
    expect((await harness.manager.streams.info('EVENTS')).config.max_age).toBe(60e9)
    await ensureTopology(harness.manager, 'scheduler')
    expect((await harness.manager.streams.info('EVENTS')).config.max_age).toBe(7 * 24 * 3_600e9)
  })

  test('a consumer that release 0.1 made stays as its replicas ask for it', async () => {
    const { stream } = consumers['ingestion-backfill']
    const theirs = { ...consumerConfig('ingestion-backfill', consumers['ingestion-backfill']), max_deliver: 50 }
    await harness.manager.consumers.delete(stream, 'ingestion-backfill')
    await harness.manager.consumers.add(stream, theirs)
    await ensureTopology(harness.manager, 'ingestion')
    // As a replica of 0.1 does at each reconnect; it fails where the configuration is another.
    await expect(harness.manager.consumers.add(stream, theirs)).resolves.toMatchObject({ name: 'ingestion-backfill' })
  })

  test('a stream that acknowledges before its data is on disk is refused', async () => {
    await harness.manager.streams.delete('ADVISORIES')
    await harness.manager.streams.add({ ...streams.ADVISORIES, persist_mode: 'async' })
    await expect(harness.connect('scheduler')).rejects.toThrow(TopologyError)
    await harness.manager.streams.delete('ADVISORIES')
    await ensureTopology(harness.manager, 'scheduler')
  })

  test('a message given up leaves its trace among the advisories', async () => {
    const before = await messagesIn(harness.manager, 'ADVISORIES')
    await harness.bus.publish(syncRequested('ath_terminated', 1))
    const consumer = await harness.bus.transport.client.consumers.get('SYNC', 'ingestion-interactive')
    ;(await consumer.next())?.term('test')
    await vi.waitFor(async () => {
      const subjects = await harness.manager.streams.info('ADVISORIES', {
        subjects_filter: '$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.>',
      })
      expect(Object.keys(subjects.state.subjects ?? {})).toContain(
        '$JS.EVENT.ADVISORY.CONSUMER.MSG_TERMINATED.SYNC.ingestion-interactive',
      )
    })
    expect(await messagesIn(harness.manager, 'ADVISORIES')).toBeGreaterThan(before)
  })
})

describe('publish', () => {
  test('stores the event under its subject, with its id', async () => {
    const event = reauthRequired('ath_stored')
    await harness.bus.publish(event)
    const stored = await harness.manager.streams.getMessage('EVENTS', {
      last_by_subj: 'athlete.reauth_required.ath_stored',
    })
    expect(stored?.header.get('ce-id')).toBe(event.id)
    expect(stored?.header.get('Nats-Msg-Id')).toBe(event.id)
    expect(stored?.header.get('ce-source')).toBe('slipstream/scheduler')
    expect(stored?.json()).toEqual(event.data)
  })

  test('the same event twice is stored once', async () => {
    const event = reauthRequired('ath_twice')
    await harness.bus.publish(event)
    await harness.bus.publish(event)
    expect(await messagesIn(harness.manager, 'EVENTS')).toBe(1)
  })

  test.each([
    ['nobody', () => ({ stop: () => {} })],
    // Their subscription makes the server wait for an answer instead of saying that nobody responds.
    ['a subscriber', () => harness.bus.listen('athlete.reauth_required', '*', () => {})],
  ])('puts a lost stream back and stores the event, while %s listens', async (_, listen) => {
    const listening = listen()
    await harness.manager.streams.delete('EVENTS')
    await harness.bus.publish(reauthRequired('ath_restored'))
    expect(await messagesIn(harness.manager, 'EVENTS')).toBe(1)
    listening.stop()
  })
})

describe('listen', () => {
  const progress: EventData<'sync.progress'> = {
    ...{ athleteId: 'ath_heard', runId: 'run_1', listed: 200, stored: 180, estimatedFinishAt: null },
    ...{ state: 'running', waitingFor: null },
  }

  test('hears what is announced for its athlete, which is stored nowhere', async () => {
    const [own, all, other]: unknown[][] = [[], [], []]
    const listening = [
      harness.bus.listen('sync.progress', 'ath_heard', (data) => own?.push(data)),
      harness.bus.listen('sync.progress', '*', (data) => all?.push(data)),
      harness.bus.listen('sync.progress', 'ath_other', (data) => other?.push(data)),
    ]
    await harness.bus.transport.connection.flush()
    harness.bus.announce('sync.progress', progress)
    await vi.waitFor(() => expect([own, all]).toEqual([[progress], [progress]]))
    expect(other).toEqual([])
    const streamsWithMessages = (await harness.manager.streams.list().next()).filter(
      ({ config, state }) => config.name !== 'ADVISORIES' && state.messages > 0,
    )
    expect(streamsWithMessages).toEqual([])
    for (const subscription of listening) subscription.stop()
  })

  test('leaves out what it cannot read and goes on; after stop it hears nothing', async () => {
    const heard: string[] = []
    const listening = harness.bus.listen('athlete.reauth_required', '*', ({ code }) => heard.push(code))
    harness.bus.transport.connection.publish('athlete.reauth_required.ath_noise', '{')
    await harness.bus.publish(reauthRequired('ath_noise', 'first'))
    await vi.waitFor(() => expect(heard).toEqual(['first']))
    expect(harness.lines).toContainEqual(
      expect.objectContaining({ level: 'warn', msg: 'a message heard was left out' }),
    )
    listening.stop()
    await harness.bus.publish(reauthRequired('ath_noise', 'second'))
    await harness.bus.transport.connection.flush()
    expect(heard).toEqual(['first'])
  })
})

describe('follow', () => {
  const start = (after: number, athleteId = 'ath_followed') => {
    const events: FollowedEvent[] = []
    const ending = new AbortController()
    const ended = harness.bus.follow({
      types: ['activity.deleted', 'athlete.reauth_required'],
      athleteId,
      after,
      onEvent: (event) => events.push(event),
      signal: ending.signal,
    })
    const end = async () => {
      ending.abort()
      await ended
    }
    return { events, end }
  }
  const codes = (events: FollowedEvent[]) => events.map(({ data }) => (data as { code: string }).code)

  test('resumes behind a sequence, in order, one athlete only, then follows live', async () => {
    for (const code of ['a', 'b', 'c']) await harness.bus.publish(reauthRequired('ath_followed', code))
    await harness.bus.publish(reauthRequired('ath_other', 'x'))
    const fromStart = start(0)
    await vi.waitFor(() => expect(codes(fromStart.events)).toEqual(['a', 'b', 'c']))
    await fromStart.end()

    const resumed = start(fromStart.events[0]!.sequence)
    await vi.waitFor(() => expect(codes(resumed.events)).toEqual(['b', 'c']))
    await harness.bus.publish(reauthRequired('ath_followed', 'd'))
    await vi.waitFor(() => expect(codes(resumed.events)).toEqual(['b', 'c', 'd']))
    const sequences = resumed.events.map(({ sequence }) => sequence)
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b))
    await resumed.end()
  })

  const ephemeralConsumers = async () =>
    (await harness.manager.consumers.list('EVENTS').next()).filter(({ config }) => config.durable_name === undefined)

  test('from the place of the newest event on it tells all that came since', async () => {
    await harness.bus.publish(deleted('ath_followed', 1))
    const place = await harness.bus.lastSequence()
    const event = deleted('ath_followed', 2)
    await harness.bus.publish(event)
    const following = start(place)
    await vi.waitFor(() =>
      expect(following.events).toEqual([
        {
          sequence: place + 1,
          id: event.id,
          type: 'activity.deleted',
          data: event.data,
          time: event.occurredAt.toISOString(),
        },
      ]),
    )
    await following.end()
  })

  test('leaves nothing behind on the server', async () => {
    const following = start(0)
    await vi.waitFor(async () => expect(await ephemeralConsumers()).toHaveLength(1))
    await following.end()
    expect(await ephemeralConsumers()).toEqual([])
  })

  test('ends when it is ended while it begins', async () => {
    for (let round = 0; round < 20; round++) {
      const following = start(0)
      await vi.waitFor(async () => expect(await ephemeralConsumers()).not.toEqual([]), { interval: 1 })
      await following.end()
    }
    expect(await ephemeralConsumers()).toEqual([])
  })

  test('a position from before the store was lost: all that is there is told', async () => {
    await harness.bus.publish(reauthRequired('ath_followed', 'e'))
    const following = start(1_000_000)
    await vi.waitFor(() => expect(codes(following.events)).toEqual(['e']))
    await following.end()
  })

  test('the stream is made anew while being followed: its numbers start over, nothing in it is skipped', async () => {
    // Purged streams count on; here the numbers have to be low.
    await harness.manager.streams.delete('EVENTS')
    await ensureTopology(harness.manager, 'scheduler')
    for (const code of ['a', 'b']) await harness.bus.publish(reauthRequired('ath_followed', code))
    const following = start(0)
    await vi.waitFor(() => expect(codes(following.events)).toEqual(['a', 'b']))
    await harness.manager.streams.delete('EVENTS')
    await ensureTopology(harness.manager, 'scheduler')
    // More than were there before, so that the old position is a valid one in the new stream.
    const added = ['c', 'd', 'e', 'f', 'g', 'h'].map((code) => reauthRequired('ath_followed', code))
    await Promise.all(added.map((event) => harness.bus.publish(event)))
    await vi.waitFor(() => expect(codes(following.events).sort()).toEqual([...'abcdefgh']))
    await following.end()
  })

  test('ends with the bus', async () => {
    const bus = await harness.connect('gateway')
    const { signal } = new AbortController()
    const ended = bus.follow({
      types: ['activity.deleted'],
      athleteId: 'ath_followed',
      after: 0,
      onEvent: () => {},
      signal,
    })
    await vi.waitFor(async () => expect(await ephemeralConsumers()).toHaveLength(1))
    await bus.close()
    await ended
  })

  test('an unreadable event is left out and following goes on', async () => {
    const following = start(0)
    await harness.bus.transport.client.publish('athlete.reauth_required.ath_followed', '{')
    await harness.bus.publish(reauthRequired('ath_followed', 'f'))
    await vi.waitFor(() => expect(codes(following.events)).toEqual(['f']))
    await following.end()
  })
})

test('a connection closed for good ends the process, one that was asked to close does not', async () => {
  const exit = vi.fn<(code: number) => void>()
  const lost = await connect({ servers: harness.nats.url })
  const lostExit = exitWhenClosed(lost, { log: harness.log, wasAsked: () => false, exit })
  await lost.close()
  await lostExit
  expect(exit).toHaveBeenCalledExactlyOnceWith(1)

  const asked = await connect({ servers: harness.nats.url })
  const askedExit = exitWhenClosed(asked, { log: harness.log, wasAsked: () => true, exit })
  await asked.close()
  await askedExit
  expect(exit).toHaveBeenCalledOnce()
})

test('a request of a lane that nobody works on is refused, and does not lie in SYNC for ever', async () => {
  const before = await messagesIn(harness.manager, 'SYNC')
  await expect(harness.bus.transport.client.publish('sync.requested.urgent.ath_1', '{}')).rejects.toThrow()
  expect(await messagesIn(harness.manager, 'SYNC')).toBe(before)
})
