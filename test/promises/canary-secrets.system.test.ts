import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import type { Status } from '@slipstream/contracts'
import { freePort } from '@slipstream/embedded'
import { Secret } from '@slipstream/runtime'
import { BSON, MongoClient } from 'mongodb'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startEchoingStrava } from '../support/canaries/echoing-strava.ts'
import { recordAnswers } from '../support/canaries/recorded-answers.ts'
import { createSecretBook } from '../support/canaries/secret-book.ts'
import { createControl } from '../support/control.ts'
import { type Fleet, type ServiceName, type ServiceProcess, startFleet } from '../support/fleet.ts'
import { linkAthlete, statusOf, synced } from '../support/linked-athlete.ts'
import { type AppHost, newProof, openMobileApp } from '../support/mobile-app.ts'
import { startTraceCollector } from '../support/trace-collector.ts'
import { until } from '../support/until.ts'
import { openWebAthlete } from '../support/web-athlete.ts'

// Promise 17: no secret is read where it does not belong. Settings are canaries; tokens, codes, link tokens, state, result codes, cookies
// and verifiers are noted on their way, by whoever hands them out and by a Strava that also answers with all that it was sent.
// After a run in which everything fails once, all that was written anywhere is searched for all of them, encoded or not.

const canary = (name: string) => `canary-${name}-${randomBytes(16).toString('hex')}`
const planted = {
  STRAVA_CLIENT_SECRET: canary('client'),
  STRAVA_WEBHOOK_PATH_SECRET: canary('path'),
  STRAVA_WEBHOOK_VERIFY_TOKEN: canary('verify'),
  STRAVA_WEBHOOK_SIGNING_SECRET: canary('signing'),
}
const tokenKey = randomBytes(32).toString('base64')
/** Strava's tokens are 40 hex digits; access tokens of the issuer are JWTs. */
const tokenShapes = [/(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])/, /eyJ[\w-]{10,}\.[\w-]+\.[\w-]+/]
const patienceMs = 120_000

const book = createSecretBook()
const messages: string[] = []
const scrapes: string[] = []
const storeFiles: string[] = []
const services: Partial<Record<ServiceName, ServiceProcess>> = {}
let fleet: Fleet
let recorded: ReturnType<typeof recordAnswers>
let strava: Awaited<ReturnType<typeof startEchoingStrava>>
let collector: Awaited<ReturnType<typeof startTraceCollector>>
let database: MongoClient
let subscriber: NatsConnection

/** The server that is running renames and removes files between the listing and the reading. */
const readIfThere = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return ''
    throw error
  }
}

const readStore = () => {
  const folder = dirname(fleet.nats.configFile)
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) storeFiles.push(readIfThere(join(entry.parentPath, entry.name)))
  }
}

const scrape = async () => {
  for (const service of Object.values(services)) {
    scrapes.push(await (await fetch(`http://127.0.0.1:${service.opsPort}/metrics`)).text())
  }
}

const startAll = async (): Promise<AppHost> => {
  fleet = await startFleet({
    stravaClientSecret: new Secret(planted.STRAVA_CLIENT_SECRET),
    webhookSigningSecret: new Secret(planted.STRAVA_WEBHOOK_SIGNING_SECRET),
  })
  ;[strava, collector] = await Promise.all([startEchoingStrava(fleet.simulator.url, book), startTraceCollector()])
  database = await new MongoClient(fleet.mongo.uri).connect()
  await database.db('slipstream').command({ profile: 2 })
  subscriber = await connect({ servers: fleet.nats.url })
  subscriber.subscribe('>', {
    callback: (_error, message) => {
      const headers = [...(message.headers ?? [])].map(([name, values]) => `${name}: ${values}`)
      messages.push(`${message.subject} ${headers} ${message.string()}`)
    },
  })
  await subscriber.flush()
  const port = await freePort()
  const gatewayUrl = `http://localhost:${port}`
  const env = {
    ...planted,
    TOKEN_KEYS: `canary:${tokenKey}`,
    STRAVA_WEBHOOK_SIGNATURE: 'observe',
    STRAVA_OAUTH_BASE_URL: strava.url,
    STRAVA_API_BASE_URL: `${strava.url}/api/v3`,
    ...collector.settings,
    LOG_LEVEL: 'trace',
    PUBLIC_URL: gatewayUrl,
    DRAIN_SECONDS: '0',
  }
  for (const name of ['gateway', 'scheduler', 'ingestion'] as const)
    services[name] = await fleet.start(name, { port, env })
  for (const service of Object.values(services)) await service.untilReady()
  recorded = recordAnswers(gatewayUrl, book)
  return { control: createControl(fleet.simulator.url), endpoints: { gatewayUrl } }
}

/** What anybody can send, with secrets in every place that might be shown again. */
const sendNonsense = async ({ endpoints: { gatewayUrl }, control }: AppHost) => {
  const secrets = [
    'access token',
    'refresh token',
    'code',
    'link token',
    'state',
    'result code',
    'STRAVA_CLIENT_SECRET',
  ]
  const bearer = await control.tokenFor('anna')
  for (const secret of [
    ...secrets.flatMap((kind) => book.ofKind(kind).slice(0, 1)),
    planted.STRAVA_WEBHOOK_PATH_SECRET,
  ]) {
    const ask = async (
      method: string,
      path: string,
      { token = bearer, body }: { token?: string; body?: string } = {},
    ) => {
      const headers = { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) }
      await (await fetch(gatewayUrl + path, { method, headers, redirect: 'manual', ...(body && { body }) })).text()
    }
    await ask('GET', '/api/v1/strava/status', { token: secret })
    await ask('GET', `/api/v1/workouts?cursor=${secret}&from=${secret}&sportType=${secret}`)
    await ask('GET', `/api/v1/workouts/${secret}`)
    await ask('GET', `/api/v1/${secret}`)
    await ask('GET', `/connect?token=${secret}`)
    await ask('GET', `/callback?state=${secret}&code=${secret}&scope=${secret}`)
    await ask('GET', `/callback?error=${secret}`)
    await ask('POST', '/api/v1/strava/link-token', { body: JSON.stringify({ platform: secret, returnTo: secret }) })
    await ask('POST', '/api/v1/strava/callback', { body: JSON.stringify({ result: secret, codeVerifier: secret }) })
    await ask('PUT', '/api/v1/profile', { body: JSON.stringify({ displayName: 5, [secret]: secret }) })
    await ask('PUT', '/api/v1/profile', { body: `{"displayName": ${secret}` })
    await ask('POST', `/webhooks/strava/${secret}`, { body: `{"x": ${secret}` })
    await ask('GET', `/webhooks/strava/${secret}?hub.mode=subscribe&hub.challenge=1&hub.verify_token=${secret}`)
  }
}

const echoes = {
  token: /POST \/(api\/v3\/)?oauth\/token/,
  revoke: /POST \/oauth\/(deauthorize|revoke)/,
  lists: /GET \/api\/v3\/athlete/,
}

const failEverything = async (host: AppHost) => {
  const { control } = host
  const anna = await linkAthlete(host, 'anna')
  await synced(anna, patienceMs)

  const dana = await openWebAthlete(host, 'dana')
  const comeBack = await dana.untilCallback()
  await comeBack()
  await comeBack()

  const ben = await openMobileApp(host, 'ben')
  await ben.api('PUT', '/profile', { displayName: 'Ben', primarySport: 'Ride', weeklyGoalHours: 5 })
  await ben.link({ codeChallenge: newProof().codeChallenge, decision: 'deny' })
  const forwarded = await ben.link({ codeChallenge: newProof().codeChallenge, decision: 'allow' })
  await ben.complete(forwarded.searchParams.get('result') ?? '', newProof().codeVerifier)

  const chris = await openWebAthlete(host, 'chris')
  for (const status of [500, 400, 401]) {
    strava.echo({ call: echoes.token, status })
    await (await chris.untilCallback())()
  }

  const failedCalls = async (call: RegExp, status: number, provoke: () => Promise<unknown>) => {
    const before = strava.echoed()
    strava.echo({ call, status })
    await provoke()
    await until(patienceMs, async () => expect(strava.echoed()).toBeGreaterThan(before))
    strava.echo()
  }
  const sync = () => anna.api('POST', '/strava/sync')
  await failedCalls(echoes.lists, 401, sync)
  await failedCalls(echoes.lists, 500, sync)
  await failedCalls(echoes.token, 500, async () => {
    await control.expireAccessTokens('anna')
    await fleetCredentials().updateMany({}, { $set: { accessExpiresAt: new Date(0) } })
    await sync()
  })

  await control.addActivity('dana', { name: 'Told by a webhook' })
  await until(patienceMs, async () => {
    const { items } = await dana.read<{ items: { name: string }[] }>('/workouts?limit=5')
    expect(items.map(({ name }) => name)).toContain('Told by a webhook')
  })
  await sendNonsense(host)
  await until(patienceMs, async () => expect((await statusOf(anna)).lastSync).not.toBeNull())
  readStore()
  await failedCalls(echoes.revoke, 500, async () => {
    await dana.send('DELETE', '/strava/link')
  })
  const gone = await dana.read<Status>('/strava/status')
  expect(gone.status).toBe('not_linked')
}

const fleetCredentials = () => database.db('slipstream').collection('credentials')

beforeAll(async () => {
  for (const [name, value] of Object.entries(planted)) book.add(name, value)
  book.add('TOKEN_KEYS', tokenKey)
  await failEverything(await startAll())
  await scrape()
  readStore()
  recorded.stop()
  for (const service of Object.values(services)) await service.end('SIGTERM')
}, 900_000)

afterAll(async () => {
  recorded?.stop()
  await subscriber?.close()
  await database?.close()
  await fleet?.stop()
  await strava?.stop()
  await collector?.stop()
})

/** All databases, `local` with its log of every write included, and the statements that were asked. */
const dumpDatabases = async (): Promise<string[]> => {
  const { databases } = await database.db('admin').admin().listDatabases()
  const texts: string[] = [readFileSync(fleet.mongo.logFile, 'utf8')]
  for (const { name } of databases) {
    for (const { name: collection, type } of await database.db(name).listCollections().toArray()) {
      if (type === 'view') continue
      for await (const document of database.db(name).collection(collection).find())
        texts.push(BSON.EJSON.stringify(document))
    }
  }
  return texts
}

/** `isAllOurs`: what looks like a token there is one; `mongod` and `nats-server` write hashes of their own. */
const places: [name: string, isAllOurs: boolean, read: () => string[] | Promise<string[]>][] = [
  ['the logs', true, () => Object.values(services).flatMap((service) => service.output().split('\n'))],
  ['the traces', true, () => collector.texts],
  ['the metrics', true, () => scrapes],
  ['the events', true, () => messages],
  ['the NATS store', false, () => storeFiles],
  ['the MongoDB dump', false, dumpDatabases],
]

describe('after a run in which everything fails once', () => {
  it('there is enough to look for', () => {
    const seen = [
      'API token',
      'access token',
      'code',
      'code verifier',
      'cookie',
      'link token',
      'refresh token',
      'result code',
      'state',
    ]
    expect(book.kinds()).toEqual([...seen, ...Object.keys(planted), 'TOKEN_KEYS'].sort())
    expect(book.ofKind('access token').length).toBeGreaterThan(3)
    expect(recorded.answers.filter(({ status }) => status >= 400).length).toBeGreaterThan(50)
  })

  it.each(places)('%s show no secret', async (name, isAllOurs, read) => {
    const texts = await read()
    const size = texts.reduce((sum, { length }) => sum + length, 0)
    console.log(`${name}: ${texts.length} texts, ${size} characters`)
    expect(size).toBeGreaterThan(5_000)
    expect(texts.flatMap((text) => book.shownIn(text))).toEqual([])
    const unknown = !isAllOurs
      ? []
      : tokenShapes.flatMap((shape) => texts.flatMap((text) => shape.exec(text)?.[0] ?? []))
    expect(unknown).toEqual([])
    // The same text with one secret in it would have been noticed.
    const [leaked = ''] = book.ofKind('access token')
    for (const encoding of ['utf8', 'hex', 'base64', 'base64url'] as const) {
      expect(book.shownIn(`${texts.at(-1)}${Buffer.from(`x ${leaked} y`).toString(encoding)}`)).toHaveLength(1)
    }
  })

  it('no answer shows a secret but the one that hands it out', () => {
    console.log(`answers: ${recorded.answers.length}`)
    const shown = recorded.answers.flatMap(({ number, status, text }) =>
      book.shownIn(text, number).map((what) => `${number} (${status}) ${what}`),
    )
    expect(shown).toEqual([])
  })
})
