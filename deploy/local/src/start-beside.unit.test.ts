import type { Environment } from '@slipstream/runtime'
import { expect, test } from 'vitest'
import { startBeside } from './start-beside.ts'

const last = { NATS_URL: 'nats://127.0.0.1:1' }
const other = { NATS_URL: 'nats://127.0.0.1:2' }

/** A service that is ready when its server is the one at `reachable`, and notes what happens to it. */
const serviceFor = (reachable: Environment | null) => {
  const events: string[] = []
  const start = async (addresses: Environment, signal: AbortSignal) => {
    const name = addresses.NATS_URL ?? ''
    events.push(`start ${name}`)
    if (addresses !== reachable) {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      events.push(`gone ${name}`)
      throw new Error('given up')
    }
    const stop = async () => void events.push(`stop ${name}`)
    return { first: { exited: new Promise<never>(() => {}), stop }, stop }
  }
  return { events, start }
}

const { signal } = new AbortController()

test('a service is on its way before its servers are, and is the one that stays', async () => {
  const { events, start } = serviceFor(last)
  const servers = Promise.withResolvers<Environment>()
  const started = startBeside({ start, signal, expected: last, actual: servers.promise })
  expect(events).toEqual([`start ${last.NATS_URL}`])
  servers.resolve({ ...last })
  await started
  expect(events).toEqual([`start ${last.NATS_URL}`])
})

test('without anything to go by it begins when the servers are up', async () => {
  const { events, start } = serviceFor(last)
  const servers = Promise.withResolvers<Environment>()
  const started = startBeside({ start, signal, expected: null, actual: servers.promise })
  expect(events).toEqual([])
  servers.resolve(last)
  await started
  expect(events).toEqual([`start ${last.NATS_URL}`])
})

test('a server on another port than foretold costs another start, after the end of the first', async () => {
  const { events, start } = serviceFor(other)
  await startBeside({ start, signal, expected: last, actual: Promise.resolve(other) })
  expect(events).toEqual([`start ${last.NATS_URL}`, `gone ${last.NATS_URL}`, `start ${other.NATS_URL}`])
})

test.each([
  ['on its way', serviceFor(null), `gone ${last.NATS_URL}`],
  ['ready already', serviceFor(last), `stop ${last.NATS_URL}`],
])('when the servers do not start, a service that is %s is gone before that is told', async (_how, service, end) => {
  const failed = startBeside({
    ...{ signal, expected: last },
    start: service.start,
    actual: Promise.reject(new Error('no disk')),
  })
  await expect(failed).rejects.toThrow('no disk')
  expect(service.events).toEqual([`start ${last.NATS_URL}`, end])
})
