import { jetstreamManager } from '@nats-io/jetstream'
import { createUser } from '@nats-io/nkeys'
import { connect } from '@nats-io/transport-node'
import { connectBus } from '@slipstream/messaging'
import { createLogger } from '@slipstream/telemetry'
import { startTestNats, testDatabase } from '@slipstream/testing'
import { MongoClient } from 'mongodb'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { memoryStore, type SubscribeOptions, subscribe } from '../src/events/index.ts'
import { delay } from '../src/http/abort.ts'
import { mongoStore } from '../src/mongodb/index.ts'
import { type EventServer, ingested, startEventServer } from './support/events.ts'
import { golden } from './support/golden.ts'

let server: EventServer
beforeAll(async () => {
  server = await startEventServer()
})
afterAll(() => server?.remove())

const database = testDatabase()
const mongo = new MongoClient(database.uri)
afterAll(async () => {
  await mongo.close()
  await database.drop()
})

let durables = 0

/** A service of the host, which notes what it is handed; `replayFrom` null: no such option. */
const listen = async (options: Partial<SubscribeOptions> = {}, replayFrom: Date | null = new Date()) => {
  durables += 1
  const durable = `service-${durables}`
  const handled: string[] = []
  const skipped: string[] = []
  const subscription = await subscribe({
    servers: server.nats.url,
    credentials: server.subscriberSeed,
    durable,
    store: memoryStore(),
    ...(replayFrom && { replayFrom }),
    onEvent: ({ id }) => {
      handled.push(id)
    },
    onSkipped: ({ id }, reason) => {
      skipped.push(`${id} ${reason}`)
    },
    onFailure: () => {},
    ...options,
  })
  onTestFinished(() => subscription.stop())
  return { subscription, durable: options.durable ?? durable, handled, skipped }
}

const pendingOf = async (durable: string): Promise<number> => {
  const { num_pending, num_ack_pending } = await server.manager.consumers.info('EVENTS', durable)
  return num_pending + num_ack_pending
}

const untilDone = (durable: string) => vi.waitFor(async () => expect(await pendingOf(durable)).toBe(0))

test('events come in order and typed, and are acknowledged, to a user that may do nothing else', async () => {
  const names: string[] = []
  const { durable } = await listen({
    onEvent: (event) => {
      if (event.type === 'activity.ingested') names.push(event.data.workout.name)
      else names.push(event.type)
    },
  })
  await server.tell(golden('athlete.linked'))
  await server.tell(ingested('wko_typed', 1, 'evt_typed'))
  await server.tell(golden('sync.finished'))
  await untilDone(durable)
  expect(names).toEqual(['athlete.linked', 'Morning Run'])
  expect(server.refused()).toEqual([])
})

test('a service with a user of its own keeps a durable and goes through a time again', async () => {
  const own = { credentials: server.ownSeed, inboxPrefix: '_INBOX_training-plans' }
  const { handled } = await listen({ ...own, durable: 'training-plans' })
  const since = new Date()
  await server.tell(ingested('wko_own', 1, 'evt_own'))
  await vi.waitFor(() => expect(handled).toEqual(['evt_own']))
  const replay = await listen({ ...own, durable: 'training-plans-replay', types: ['activity.ingested'] }, since)
  await vi.waitFor(() => expect(replay.handled).toEqual(['evt_own']))
  expect(server.refused()).toEqual([])
})

test('one athlete and some types are chosen at the server', async () => {
  const { durable, handled } = await listen({ athleteId: 'ath_chosen', types: ['activity.ingested'] })
  await server.tell(ingested('wko_other', 1, 'evt_other_athlete', { athleteId: 'ath_other' }))
  await server.tell(ingested('wko_chosen', 1, 'evt_chosen', { athleteId: 'ath_chosen' }))
  await server.tell(ingested('wko_chosen', 2, 'evt_other_type', { athleteId: 'ath_chosen' }))
  await untilDone(durable)
  expect(handled).toEqual(['evt_chosen'])
  const { config } = await server.manager.consumers.info('EVENTS', durable)
  expect(config.filter_subjects ?? [config.filter_subject]).toEqual(['activity.ingested.ath_chosen'])
})

test('an event whose handler fails comes again, behind newer ones, and an older version is then left out', async () => {
  const attempts: string[] = []
  const failures: unknown[] = []
  const { durable, skipped } = await listen({
    onEvent: ({ id }, { attempt }) => {
      attempts.push(`${id} ${attempt}`)
      if (attempt === 1 && id !== 'evt_newer') throw new Error('the database is away')
    },
    onFailure: ({ event, attempt, retryInMs }) => {
      failures.push([event.id, attempt, retryInMs])
    },
  })
  await server.tell(ingested('wko_a', 2, 'evt_older'))
  await server.tell(ingested('wko_a', 3, 'evt_newer'))
  await server.tell(ingested('wko_b', 1, 'evt_alone'))
  await untilDone(durable)
  expect(attempts).toEqual(['evt_older 1', 'evt_newer 1', 'evt_alone 1', 'evt_alone 2'])
  expect(failures).toEqual([
    ['evt_older', 1, 1_000],
    ['evt_alone', 1, 1_000],
  ])
  expect(skipped).toEqual(['evt_older older_version'])
})

test('an event that has failed as often as it may is given up, and told so', async () => {
  const failures: unknown[] = []
  const { durable } = await listen({
    maxAttempts: 2,
    onEvent: () => {
      throw new Error('never')
    },
    onFailure: ({ attempt, retryInMs }) => {
      failures.push([attempt, retryInMs])
    },
  })
  await server.tell(ingested('wko_given_up', 1, 'evt_given_up'))
  await vi.waitFor(() => expect(failures).toHaveLength(2))
  await untilDone(durable)
  expect(failures).toEqual([
    [1, 1_000],
    [2, null],
  ])
})

test('what is told twice is handled once', async () => {
  const { durable, handled, skipped } = await listen()
  for (const _ of [1, 2]) await server.tell(ingested('wko_twice', 1, 'evt_twice'))
  await untilDone(durable)
  expect(handled).toEqual(['evt_twice'])
  expect(skipped).toEqual(['evt_twice handled_before'])
})

test('data of an athlete do not come back after the unlink', async () => {
  const { durable, handled, skipped } = await listen()
  const unlinkedAt = '2026-11-26T10:00:00.000Z'
  const athlete = { athleteId: 'ath_gone' }
  await server.tell(
    golden('athlete.unlinked', { headers: { 'ce-id': 'evt_unlinked', 'ce-time': unlinkedAt }, data: athlete }),
  )
  await server.tell(ingested('wko_gone', 1, 'evt_before', { ...athlete, time: '2026-11-26T09:59:59.000Z' }))
  await server.tell(ingested('wko_back', 1, 'evt_linked_again', { ...athlete, time: '2026-11-26T10:05:00.000Z' }))
  await untilDone(durable)
  expect(handled).toEqual(['evt_unlinked', 'evt_linked_again'])
  expect(skipped).toEqual(['evt_before athlete_unlinked'])
})

/** Two replicas of a service that keeps copies as docs/receive-events.md says, in one MongoDB. */
const twoReplicas = async (beforeWrite: () => Promise<void>, afterWrite: () => void = () => {}) => {
  const durable = `copies-${crypto.randomUUID()}`
  const copies = mongo.db().collection<{ _id: string; athleteId: string }>(durable)
  const handled: string[] = []
  const onEvent: SubscribeOptions['onEvent'] = async ({ id, type, athleteId, data }) => {
    if (type === 'activity.ingested') {
      await beforeWrite()
      await copies.insertOne({ _id: data.workoutId, athleteId })
      afterWrite()
    }
    if (type === 'activity.deleted') await copies.deleteOne({ _id: data.workoutId })
    if (type === 'athlete.unlinked') await copies.deleteMany({ athleteId })
    handled.push(id)
  }
  const replayFrom = new Date()
  const store = () => mongoStore(mongo.db().collection('handled_events'))
  for (const _ of [1, 2]) await listen({ durable, store: store(), onEvent }, replayFrom)
  return { durable, copies, handled }
}

const endings = [
  ['an unlink', golden('athlete.unlinked', { headers: { 'ce-id': 'evt_end' }, data: { athleteId: 'ath_slow' } })],
  [
    'a deletion',
    {
      subject: 'activity.deleted.ath_slow',
      headers: {
        ...golden('activity.updated').headers,
        'ce-id': 'evt_end',
        'ce-type': 'activity.deleted',
        'ce-dataschema': 'urn:slipstream:event:activity.deleted:1',
      },
      data: {
        athleteId: 'ath_slow',
        workoutId: 'wko_slow_write',
        stravaActivityId: '1',
        version: 2,
        reason: 'deleted_at_strava',
      },
    },
  ],
] as const

test.each(endings)('a slow write of one replica does not outlive %s that another has handled', async (_, ending) => {
  const gate = Promise.withResolvers<void>()
  const begun = vi.fn()
  const { durable, copies, handled } = await twoReplicas(() => {
    begun()
    return gate.promise
  })
  const before = { athleteId: 'ath_slow', time: '2026-11-20T10:00:00.000Z' }
  await server.tell(ingested('wko_slow_write', 1, 'evt_slow_write', before))
  await vi.waitFor(() => expect(begun).toHaveBeenCalled())
  await server.tell(ending)
  await vi.waitFor(() => expect(handled).toEqual(['evt_end']))
  gate.resolve()
  await untilDone(durable)
  expect(handled).toEqual(['evt_end', 'evt_slow_write', 'evt_end'])
  expect(await copies.find().toArray()).toEqual([])
})

test('nor one that fails behind it, though the unlink has purged its event from the stream', async () => {
  const gate = Promise.withResolvers<void>()
  const begun = vi.fn()
  const { copies, handled } = await twoReplicas(
    () => {
      begun()
      return gate.promise
    },
    () => {
      throw new Error('the connection broke')
    },
  )
  const before = { athleteId: 'ath_slow', time: '2026-11-20T10:00:00.000Z' }
  await server.tell(ingested('wko_slow_write', 1, 'evt_slow_write', before))
  await vi.waitFor(() => expect(begun).toHaveBeenCalled())
  await server.tell(endings[0][1])
  await vi.waitFor(() => expect(handled).toEqual(['evt_end']))
  await server.purge('activity.*.ath_slow')
  gate.resolve()
  await vi.waitFor(() => expect(handled).toEqual(['evt_end', 'evt_end']))
  expect(await copies.find().toArray()).toEqual([])
})

test.each(endings)('nor does the write of a handler that failed behind it, before %s', async (_, ending) => {
  const { durable, copies, handled } = await twoReplicas(
    async () => {},
    () => {
      throw new Error('the process ends here')
    },
  )
  const before = { athleteId: 'ath_slow', time: '2026-11-20T10:00:00.000Z' }
  await server.tell(ingested('wko_slow_write', 1, 'evt_slow_write', before))
  await vi.waitFor(async () => expect(await copies.countDocuments()).toBe(1))
  await server.tell(ending)
  await untilDone(durable)
  expect(handled).toEqual(['evt_end', 'evt_end'])
  expect(await copies.find().toArray()).toEqual([])
})

test('a service that starts anew goes on where it stood, and MongoDB knows what it has handled', async () => {
  const openStore = () => mongoStore(mongo.db().collection('handled_events'))
  const first = await listen({ store: openStore() })
  const same = { durable: first.durable }
  await server.tell(ingested('wko_kept', 1, 'evt_kept_1'))
  await server.tell(ingested('wko_kept', 2, 'evt_kept_2'))
  await untilDone(first.durable)
  await first.subscription.stop()
  await server.tell(ingested('wko_kept', 3, 'evt_kept_3'))

  const second = await listen({ ...same, store: openStore() }, null)
  await untilDone(first.durable)
  expect(second.handled).toEqual(['evt_kept_3'])
  await second.subscription.stop()

  // The place in the stream is lost, what was handled is not.
  await server.manager.consumers.delete('EVENTS', first.durable)
  const third = await listen({ ...same, store: openStore() }, null)
  await untilDone(first.durable)
  const again = [1, 2, 3].map((version) => `evt_kept_${version}`)
  expect(third.skipped).toEqual(expect.arrayContaining(again.map((id) => `${id} handled_before`)))
  expect(third.handled).not.toEqual(expect.arrayContaining([expect.stringContaining('evt_kept')]))
})

test('a replay begins at its time under a name of its own, and goes on after a restart', async () => {
  await server.tell(ingested('wko_replayed', 1, 'evt_too_early'))
  const { state } = await server.manager.streams.info('EVENTS')
  const from = new Date(Date.parse(state.last_ts) + 1)
  await server.tell(ingested('wko_replayed', 2, 'evt_replayed'))
  const live = await listen({}, null)
  await untilDone(live.durable)

  const replay = await listen({ durable: 'replay' }, from)
  await untilDone('replay')
  expect(replay.handled).toEqual(['evt_replayed'])
  await replay.subscription.stop()
  const again = await listen({ durable: 'replay' }, from)
  await untilDone('replay')
  expect(again.handled).toEqual([])

  await expect(listen({ durable: live.durable }, from)).rejects.toMatchObject({ code: 'durable_exists' })
})

test('a replay is told when it has caught up, once all is handled, and takes its consumer away', async () => {
  const from = new Date()
  for (const version of [1, 2, 3]) await server.tell(ingested(`wko_end_${version}`, 1, `evt_end_${version}`))
  const order: string[] = []
  const caughtUp = Promise.withResolvers<void>()
  const { subscription, durable } = await listen(
    {
      onEvent: ({ id }, { attempt }) => {
        order.push(`${id} ${attempt}`)
        if (id === 'evt_end_2' && attempt === 1) throw new Error('the database is away')
      },
      onCaughtUp: () => {
        order.push('caught up')
        caughtUp.resolve()
      },
    },
    from,
  )
  await caughtUp.promise
  expect(order).toEqual(['evt_end_1 1', 'evt_end_2 1', 'evt_end_3 1', 'evt_end_2 2', 'caught up'])
  await server.tell(ingested('wko_end_4', 1, 'evt_end_4'))
  await untilDone(durable)
  await subscription.remove()
  expect(order.slice(5)).toEqual(['evt_end_4 1'])
  await expect(server.manager.consumers.info('EVENTS', durable)).rejects.toMatchObject({ code: 10014 })
  expect(server.refused()).toEqual([])
})

test('with nothing to catch up it is told at once', async () => {
  const onCaughtUp = vi.fn()
  await listen({ onCaughtUp })
  await vi.waitFor(() => expect(onCaughtUp).toHaveBeenCalledOnce())
})

test('an event whose handler takes longer than the server waits stays in hand', async () => {
  // A minute of the client's takes a second here, as on the server.
  const real = setInterval
  const faster = vi.spyOn(globalThis, 'setInterval')
  faster.mockImplementation(((run: () => void, ms: number) => real(run, ms / 60)) as typeof setInterval)
  onTestFinished(() => faster.mockRestore())
  const attempts: string[] = []
  const write = async ({ id }: { id: string }, { attempt }: { attempt: number }) => {
    attempts.push(`${id} ${attempt}`)
    await delay(3_000, undefined)
  }
  const { durable } = await listen({ onEvent: write })
  await server.manager.consumers.update('EVENTS', durable, { ack_wait: 1_000_000_000 })
  await listen({ durable, onEvent: write }, null)
  await server.tell(ingested('wko_long', 1, 'evt_long'))
  await vi.waitFor(() => expect(attempts).toHaveLength(1))
  await untilDone(durable)
  expect(attempts).toEqual(['evt_long 1'])
})

test('a service that asks for more types later gets them from where it stands', async () => {
  const first = await listen({ types: ['activity.ingested'] })
  await first.subscription.stop()
  const second = await listen({ durable: first.durable }, null)
  await server.tell(ingested('wko_more', 2, 'evt_more'))
  await untilDone(first.durable)
  expect(second.handled).toEqual(['evt_more'])
  expect(server.refused()).toEqual([])
})

test('what is no event is told apart and does not come again; a type of a later release is passed over', async () => {
  const invalid: string[] = []
  const unknown: string[] = []
  const { durable, handled } = await listen({
    onInvalid: ({ subject, reason }) => {
      invalid.push(`${subject}: ${reason}`)
      if (invalid.length === 1) throw new Error('could not be kept')
    },
    onUnknown: ({ type }) => {
      unknown.push(type)
    },
  })
  await server.tell(golden('activity.updated', { data: { athleteId: 'ath_1', version: 'two' } }))
  const later = golden('activity.ingested', {
    headers: { 'ce-type': 'activity.commented' },
    data: { athleteId: 'ath_1' },
  })
  await server.tell(later)
  await server.tell(ingested('wko_good', 1, 'evt_good'))
  await untilDone(durable)
  const line = 'activity.updated.ath_1: activity.updated does not match: /version type'
  expect(invalid).toEqual([line, line])
  expect(unknown).toEqual(['activity.commented'])
  expect(handled).toEqual(['evt_good'])
})

test('stopping waits for the handler in hand, and lets go of one that takes too long', async () => {
  const begun: string[] = []
  const gate = Promise.withResolvers<void>()
  const patient = await listen({
    onEvent: async ({ id }) => {
      begun.push(id)
      await gate.promise
    },
  })
  await server.tell(ingested('wko_slow', 1, 'evt_slow'))
  await vi.waitFor(() => expect(begun).toEqual(['evt_slow']))
  const stopping = patient.subscription.stop()
  await server.tell(ingested('wko_slow', 2, 'evt_after_stop'))
  gate.resolve()
  await stopping
  expect(begun).toEqual(['evt_slow'])
  expect(await pendingOf(patient.durable)).toBe(1)

  let wasTold = false
  const hurried = await listen(
    {
      durable: patient.durable,
      onEvent: (_event, { signal }) =>
        new Promise((_resolve, reject) => {
          begun.push('again')
          signal.addEventListener('abort', () => {
            wasTold = true
            reject(signal.reason)
          })
        }),
    },
    null,
  )
  await vi.waitFor(() => expect(begun).toContain('again'))
  await hurried.subscription.stop({ withinMs: 10 })
  expect(wasTold).toBe(true)
  expect(await pendingOf(patient.durable)).toBe(1)
})

test('an outage of NATS is told, and one that loses its store costs nothing', async () => {
  const states: string[] = []
  const { handled, durable } = await listen({ onConnection: (state) => states.push(state) })
  await server.tell(ingested('wko_outage', 1, 'evt_before_outage'))
  await untilDone(durable)
  await server.nats.wipe()
  await vi.waitFor(() => expect(states).toEqual(['lost', 'back']))
  await server.makeStreams()
  await server.tell(ingested('wko_outage', 2, 'evt_after_outage'))
  await vi.waitFor(() => expect(handled).toEqual(['evt_before_outage', 'evt_after_outage']))
  await server.nats.restart()
  await vi.waitFor(() => expect(states).toEqual(['lost', 'back', 'lost', 'back']))
  await server.tell(ingested('wko_outage', 3, 'evt_after_restart'))
  await vi.waitFor(() => expect(handled).toContain('evt_after_restart'))
})

test('a service stops also while NATS is away', async () => {
  const { subscription } = await listen()
  await server.nats.stop()
  await subscription.stop()
  await server.nats.restart()
})

test('a consumer that this client has not made is left as it is', async () => {
  const open = await startTestNats()
  onTestFinished(() => open.remove())
  const bus = await connectBus({ url: open.url, source: 'scheduler', log: createLogger('test', 'silent') })
  await bus.close()
  const connection = await connect({ servers: open.url })
  onTestFinished(() => connection.close())
  const manager = await jetstreamManager(connection)
  const before = await manager.consumers.info('EVENTS', 'scheduler')

  const taking = subscribe({ servers: open.url, durable: 'scheduler', store: memoryStore(), onEvent: () => {} })
  await expect(taking).rejects.toMatchObject({
    code: 'durable_taken',
    message: expect.stringContaining('another name'),
  })
  expect((await manager.consumers.info('EVENTS', 'scheduler')).config).toEqual(before.config)
})

const unusedSeed = () => new TextDecoder().decode(createUser().getSeed())

test.each<[string, () => Partial<SubscribeOptions>, string]>([
  ['an address where nobody answers', () => ({ servers: 'nats://127.0.0.1:1' }), 'unreachable'],
  ['an address without a protocol', () => ({ servers: 'nats.example.com:4222' }), 'invalid_servers'],
  ['no address', () => ({ servers: [] }), 'invalid_servers'],
  ['an nkey that is none', () => ({ credentials: 'SUAsecret' }), 'invalid_credentials'],
  ['a credentials file that is broken', () => ({ credentials: 'BEGIN NATS USER JWT' }), 'invalid_credentials'],
  ['an nkey that the server does not know', () => ({ credentials: unusedSeed() }), 'refused'],
  ['a durable that the user may not read', () => ({ durable: 'scheduler' }), 'refused'],
  ['a name with a dot', () => ({ durable: 'plans.v2' }), 'invalid_name'],
  ['a name that is empty', () => ({ durable: '' }), 'invalid_name'],
])('%s is told at once', async (_, options, code) => {
  const refusal = await listen(options()).catch((error: unknown) => error)
  expect(refusal).toMatchObject({ name: 'SubscribeError', code })
  expect(String(refusal)).not.toContain('SUAsecret')
})

test('a server without the stream is told at once', async () => {
  const empty = await startTestNats()
  onTestFinished(() => empty.remove())
  const subscribing = subscribe({ servers: empty.url, durable: 'early', store: memoryStore(), onEvent: () => {} })
  await expect(subscribing).rejects.toMatchObject({ name: 'SubscribeError', code: 'no_stream' })
})
