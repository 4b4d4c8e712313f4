import type { JsMsg } from '@nats-io/jetstream'
import { createLogger } from '@slipstream/telemetry'
import { expect, test, vi } from 'vitest'
import { startPullWorker } from './pull-worker.ts'
import { consumers } from './topology.ts'
import type { Transport } from './transport.ts'

test('a message that was on its way when the worker was stopped goes back unopened', async () => {
  const arrived = Promise.withResolvers<void>()
  const asked = Promise.withResolvers<void>()
  const message = { nak: vi.fn<() => void>() }
  async function* pull() {
    asked.resolve()
    await arrived.promise
    yield message as unknown as JsMsg
  }
  // As the client does it: what is in its buffer is still yielded after stop().
  const consumer = { fetch: async () => Object.assign(pull(), { stop: () => arrived.resolve() }) }
  const transport = {
    ensureTopology: async () => {},
    client: { consumers: { get: async () => consumer } },
  } as unknown as Transport
  const onMessage = vi.fn<() => Promise<void>>()
  const log = createLogger('test', 'silent')
  const worker = startPullWorker({ transport, name: 'gateway', definition: consumers.gateway, log, onMessage })

  await asked.promise
  await worker.stop()
  expect(message.nak).toHaveBeenCalledOnce()
  expect(onMessage).not.toHaveBeenCalled()
})
