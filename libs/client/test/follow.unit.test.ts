import { expect, test, vi } from 'vitest'
import { follow } from '../src/http/follow.ts'
import { createClient, type LiveEvent } from '../src/index.ts'
import { type Answer, problem, startGateway } from './support/gateway.ts'

const stream =
  (text: string, { ends = false } = {}): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(`retry: 10\n\n${text}`)
    if (ends) response.end()
  }

const status = 'event: status\ndata: {"status":"active"}\n\n'
const activity = (id: number) =>
  `id: ${id}\nevent: activity\ndata: {"type":"activity.ingested","workoutId":"wko_${id}"}\n\n`

const take = async (events: AsyncIterable<LiveEvent>, count: number): Promise<LiveEvent[]> => {
  const taken: LiveEvent[] = []
  for await (const event of events) {
    taken.push(event)
    if (taken.length === count) break
  }
  return taken
}

test('a stream that ends goes on behind the last event, with a fresh token; later kinds of events are left out', async () => {
  const gateway = await startGateway(
    stream(`${status}${activity(41)}id: 42\nevent: weather\ndata: {}\n\n`, { ends: true }),
    stream(activity(43)),
  )
  let tokens = 0
  const states: string[] = []
  const client = createClient({ baseUrl: gateway.baseUrl, getToken: () => `token-${++tokens}` })
  const events = await take(client.followEvents({ lastEventId: '40', onConnection: (state) => states.push(state) }), 3)
  expect(events.map(({ event, id }) => [event, id])).toEqual([
    ['status', null],
    ['activity', '41'],
    ['activity', '43'],
  ])
  expect(gateway.requests.map(({ headers }) => [headers['last-event-id'], headers.authorization])).toEqual([
    ['40', 'Bearer token-1'],
    ['42', 'Bearer token-2'],
  ])
  expect(states).toEqual(['open', 'lost', 'open'])
})

test('text that is cut anywhere is put together', async () => {
  const gateway = await startGateway((response) => {
    const bytes = Buffer.from('event: activity\nid: 1\ndata: {"name":"Läufe ⛰"}\n\n')
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const writeFrom = (at: number) => {
      if (at < bytes.length) response.write(bytes.subarray(at, at + 1), () => setImmediate(writeFrom, at + 1))
    }
    writeFrom(0)
  })
  const client = createClient({ baseUrl: gateway.baseUrl, getToken: () => 'token' })
  expect(await take(client.followEvents(), 1)).toEqual([{ event: 'activity', id: '1', data: { name: 'Läufe ⛰' } }])
})

test('an outage is waited out, a refusal is thrown', async () => {
  const away = await startGateway(
    problem(503, 'service_unavailable', { 'retry-after': '1' }),
    (response) => response.destroy(),
    stream(status),
  )
  const client = createClient({ baseUrl: away.baseUrl, getToken: () => 'token' })
  expect(await take(client.followEvents(), 1)).toHaveLength(1)
  expect(away.requests).toHaveLength(3)

  const refusing = await startGateway(problem(403, 'forbidden'))
  const refused = createClient({ baseUrl: refusing.baseUrl, getToken: () => 'token' })
  await expect(take(refused.followEvents(), 1)).rejects.toMatchObject({ code: 'forbidden' })
})

test('leaving the loop ends the request; so does the signal, quietly', async () => {
  const closed: string[] = []
  const watched =
    (name: string): Answer =>
    (response, request) => {
      response.once('close', () => closed.push(name))
      stream(status)(response, request)
    }
  const gateway = await startGateway(watched('left'), watched('aborted'))
  const client = createClient({ baseUrl: gateway.baseUrl, getToken: () => 'token' })
  await take(client.followEvents(), 1)
  await vi.waitFor(() => expect(closed).toEqual(['left']))

  const leaving = new AbortController()
  const seen: LiveEvent[] = []
  for await (const event of client.followEvents({ signal: leaving.signal })) {
    seen.push(event)
    setImmediate(() => leaving.abort())
  }
  expect(seen).toHaveLength(1)
  await vi.waitFor(() => expect(closed).toEqual(['left', 'aborted']))
})

test('a connection that says nothing any more is given up; the time that the caller takes does not count', async () => {
  const gateway = await startGateway(stream(activity(1) + activity(2)), stream(activity(3)))
  const open = (lastEventId: string | undefined, signal: AbortSignal) =>
    fetch(gateway.baseUrl, { signal, headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId } })
  const ids: (string | null)[] = []
  for await (const { id } of follow(open, {}, 300)) {
    ids.push(id)
    if (id === '1') await new Promise((resolve) => setTimeout(resolve, 600))
    if (id === '3') break
  }
  expect(ids).toEqual(['1', '2', '3'])
  expect(gateway.requests.map(({ headers }) => headers['last-event-id'])).toEqual([undefined, '2'])
})
