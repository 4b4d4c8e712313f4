import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { connectStore, type Store } from '@slipstream/persistence'
import { systemClock } from '@slipstream/runtime'
import { createVault, parseTokenKeys } from '@slipstream/vault'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import { newProof, openMobileApp } from './support/mobile-app.ts'
import { type RunningSystem, startSystem } from './support/system.ts'

/** Secrets that would be recognised anywhere. */
const canaries = {
  STRAVA_CLIENT_SECRET: `canary-secret-${randomBytes(16).toString('hex')}`,
  TOKEN_KEYS: `canary:${randomBytes(32).toString('base64')}`,
}
/** Strava's tokens are 40 hex digits; access tokens of the issuer are JWTs. */
const tokenShapes = [/(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])/, /eyJ[\w-]+\.[\w-]+\.[\w-]+/]

let system: RunningSystem
let store: Store<'ingestion'>
let subscriber: NatsConnection
let accessToken: string
const messages: string[] = []

beforeAll(async () => {
  system = await startSystem('secrets', { ...canaries, LOG_LEVEL: 'debug' })
  subscriber = await connect({ servers: system.endpoints.natsUrl ?? '' })
  subscriber.subscribe('>', {
    callback: (_error, message) => {
      messages.push(`${message.subject} ${message.headers ?? ''} ${message.string()}`)
    },
  })
  await subscriber.flush()

  await synced(await linkAthlete(system, 'anna'), 30_000)
  // Failures write logs too: a refused consent, a result that is not one, a token that is not one.
  const ben = await openMobileApp(system, 'ben')
  await ben.api('PUT', '/profile', { displayName: 'Ben', primarySport: 'Ride', weeklyGoalHours: 5 })
  await ben.link({ codeChallenge: newProof().codeChallenge, decision: 'deny' })
  await ben.complete('0'.repeat(43), newProof().codeVerifier)

  store = await connectStore({ uri: system.endpoints.mongodbUri ?? '', owner: 'ingestion' })
  const credential = await store.collections.credentials.findOne({ status: 'active' }).lean()
  const vault = createVault({
    collections: store.collections,
    keyring: parseTokenKeys(canaries.TOKEN_KEYS),
    clock: systemClock,
    refreshTokens: () => Promise.reject(new Error('a fresh token needs no refresh')),
    judge: () => ({ kind: 'transient' }),
  })
  accessToken = (await vault.accessToken(credential?._id ?? '')).reveal()
})

afterAll(async () => {
  await store?.close()
  await subscriber?.close()
  await system?.stop()
})

const databaseAsText = async (): Promise<string> => {
  const collections = (await store.connection.db?.listCollections().toArray()) ?? []
  const documents = await Promise.all(collections.map(({ name }) => store.connection.collection(name).find().toArray()))
  return JSON.stringify(documents)
}

const metricsAsText = async (): Promise<string> => {
  const pages = Object.values(system.endpoints.opsUrls).map(async (url) => (await fetch(`${url}/metrics`)).text())
  return (await Promise.all(pages)).join('\n')
}

const places: [string, () => string | Promise<string>][] = [
  ['the logs', () => readFileSync(system.logFile, 'utf8')],
  ['the events', () => messages.join('\n')],
  ['the database', databaseAsText],
  ['the metrics', metricsAsText],
]

describe('after linking, syncing and failing', () => {
  it('the token to look for is a real one', () => {
    expect(accessToken).toMatch(/^[0-9a-f]{40}$/)
    expect(messages.length).toBeGreaterThan(10)
  })

  it.each(places)('%s hold no secret', async (_name, read) => {
    const text = await read()
    expect(text.length).toBeGreaterThan(1_000)
    const [, key = ''] = canaries.TOKEN_KEYS.split(':')
    for (const secret of [canaries.STRAVA_CLIENT_SECRET, key, accessToken]) expect(text.includes(secret)).toBe(false)
    for (const shape of tokenShapes) expect(shape.exec(text)?.[0]).toBeUndefined()
  })
})
