import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createUser } from '@nats-io/nkeys'
import { Secret } from '@slipstream/runtime'
import { createLogger } from '@slipstream/telemetry'
import { startTestNats, type TestNats } from '@slipstream/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { type BusOptions, connectBus } from '../src/index.ts'

const certificate = join(import.meta.dirname, 'fixtures', 'server-cert.pem')
const trusted = readFileSync(certificate, 'utf8')
const user = createUser()

/** The server knows the key's public half; the token of an operator would be looked at only by a server that has one. */
const credsOf = (seed: string): Secret =>
  new Secret(
    [
      ['-----BEGIN NATS USER JWT-----', 'eyJhbGciOiJub25lIn0.e30.e30', '------END NATS USER JWT------'],
      ['-----BEGIN USER NKEY SEED-----', seed, '------END USER NKEY SEED------'],
    ]
      .map((block) => `${block.join('\n')}\n`)
      .join('\n'),
  )
const seedOf = (key: ReturnType<typeof createUser>) => new TextDecoder().decode(key.getSeed())

let nats: TestNats
beforeAll(async () => {
  nats = await startTestNats({
    config: [
      `tls { cert_file: "${certificate}", key_file: "${certificate.replace('cert', 'key')}" }`,
      // For whoever looks whether the server is up.
      'allow_non_tls: true',
      'no_auth_user: anyone',
      `authorization { users: [{ user: anyone, password: anyone }, { nkey: ${user.getPublicKey()} }] }`,
    ].join('\n'),
  })
})
afterAll(() => nats.remove())

const connect = async (options: Partial<BusOptions>) => {
  const bus = await connectBus({
    ...{ url: nats.url, ca: trusted, source: 'gateway', limitMs: 0, log: createLogger('test', 'silent') },
    ...options,
  })
  onTestFinished(() => bus.close())
  return bus
}

test('a credentials file lets in with its key, with a JWT or the seed alone, and another key is refused at once', async () => {
  await connect({ creds: credsOf(seedOf(user)) })
  await connect({ creds: new Secret(`${seedOf(user)}\n`) })
  const stranger = connect({ creds: credsOf(seedOf(createUser())), limitMs: 60_000 })
  await expect(stranger).rejects.toThrow(/authorization violation/i)
})

test('a certificate is trusted by the CA that is named, and by no other', async () => {
  const bus = await connect({})
  expect(bus.readiness()).toEqual({ ok: true })
  await expect(connect({ ca: null, url: nats.url.replace('nats:', 'tls:') })).rejects.toThrow(/self-signed certificate/)
})

test('of several servers one that answers is enough', async () => {
  await connect({ url: `nats://127.0.0.1:1,${nats.url}` })
})

test('more replicas than there are servers are refused, without a wait', async () => {
  const started = connect({ source: 'scheduler', streamReplicas: 3, limitMs: 60_000 })
  await expect(started).rejects.toMatchObject({
    code: 'topology_unsafe',
    message: expect.stringMatching(/^3 replicas/),
  })
})
