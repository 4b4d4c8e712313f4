import { createOpenApiDocument } from '@slipstream/contracts/openapi'
import { expect, test } from 'vitest'
import { createClient } from '../src/index.ts'

interface Operation {
  method: string
  path: string
}

/** Steps of a person's browser, which answer 303, and what Strava calls: nobody calls these by a client. */
const isForCallers = (operation: { tags: string[]; responses: object }): boolean =>
  !operation.tags.includes('Webhooks') && !('303' in operation.responses)

const documented = (): Map<string, Operation> => {
  const { paths = {} } = createOpenApiDocument()
  const operations = new Map<string, Operation>()
  for (const [path, item] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(
      item as Record<string, { operationId: string; tags: string[]; responses: object }>,
    )) {
      if (isForCallers(operation)) operations.set(operation.operationId, { method: method.toUpperCase(), path })
    }
  }
  return operations
}

/** Async iterators over what an operation answers in pages. */
const iterators = new Set(['workouts', 'runs', 'receipts'])

const recordingClient = () => {
  const sent: Operation[] = []
  const client = createClient({
    baseUrl: 'https://slipstream.test/',
    getToken: () => 'token',
    fetch: async (url, { method = 'GET', headers }) => {
      sent.push({ method, path: new URL(url).pathname })
      const isStream = new Headers(headers).get('accept')?.startsWith('text/event-stream')
      return new Response(isStream ? 'event: status\ndata: {}\n\n' : '{}')
    },
  })
  return { client, sent }
}

/** The first argument where it is an id or a body; other methods take nothing that they need. */
const argumentOf: Readonly<Record<string, unknown>> = {
  getWorkout: 'one/two',
  getReceipt: 'one/two',
  getError: 'one/two',
  unlinkOnBehalf: 'one/two',
}

test('the client has a method for each operation that callers use, and no other', () => {
  const methods = Object.keys(recordingClient().client).filter((name) => !iterators.has(name))
  expect(methods.toSorted()).toEqual([...documented().keys()].toSorted())
})

test.each([...documented()])('%s asks for what the document says', async (name, { method, path }) => {
  const { client, sent } = recordingClient()
  const called = client[name as keyof typeof client] as (argument: unknown) => Promise<unknown> | AsyncGenerator
  const answer = called(argumentOf[name])
  await ('next' in answer ? answer.next() : answer)
  expect(sent).toEqual([{ method, path: path.replace(/\{\w+\}/, 'one%2Ftwo') }])
})
