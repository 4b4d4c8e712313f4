import { randomBytes } from 'node:crypto'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect, type NatsConnection } from '@nats-io/transport-node'
import { connectStore, type Store } from '@slipstream/persistence'
import { systemClock } from '@slipstream/runtime'
import { createVault, parseTokenKeys } from '@slipstream/vault'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import type { MobileApp } from './support/mobile-app.ts'
import { type RunningSystem, startSystem } from './support/system.ts'
import { until } from './support/until.ts'

// What Strava has told of an athlete is nowhere any more once they have unlinked, in whatever writing. (MongoDB's oplog and the
// files of both stores forget by age.)

const tokenKeys = `traces:${randomBytes(32).toString('base64')}`

let system: RunningSystem
let store: Store<'ingestion'>
let nats: NatsConnection

beforeAll(async () => {
  system = await startSystem('unlink-traces', { TOKEN_KEYS: tokenKeys })
  store = await connectStore({ uri: system.endpoints.mongodbUri ?? '', owner: 'ingestion' })
  nats = await connect({ servers: system.endpoints.natsUrl ?? '' })
})
afterAll(async () => {
  await nats?.close()
  await store?.close()
  await system?.stop()
})

/** Every place with all that it holds, as text. */
type Places = Map<string, string>

const mongoAsText = async (): Promise<Places> => {
  const collections = (await store.connection.db?.listCollections().toArray()) ?? []
  const read = async (name: string) =>
    [`mongodb ${name}`, JSON.stringify(await store.connection.collection(name).find().toArray())] as const
  return new Map(await Promise.all(collections.map(({ name }) => read(name))))
}

/** Key-value and object stores are streams, too. */
const natsAsText = async (): Promise<Places> => {
  const manager = await jetstreamManager(nats)
  const places: Places = new Map()
  for await (const { config, state } of manager.streams.list()) {
    const parts = [JSON.stringify(config)]
    for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
      const message = await manager.streams.getMessage(config.name, { seq })
      if (message) parts.push(`${message.subject} ${message.header ?? ''} ${message.string()}`)
    }
    for await (const consumer of manager.consumers.list(config.name)) parts.push(JSON.stringify(consumer))
    places.set(`nats ${config.name}`, parts.join('\n'))
  }
  return places
}

/** Plain, as hex, and as base64 wherever in a longer text it begins. */
const writings = (text: string): string[] => {
  const bytes = Buffer.from(text)
  const inBase64 = [0, 1, 2].flatMap((offset) => {
    const shifted = Buffer.concat([Buffer.alloc(offset), bytes])
      .toString('base64')
      .replace(/=+$/, '')
    // The first and last signs also depend on what is around.
    const sure = shifted.slice(offset === 0 ? 0 : offset + 1, bytes.length % 3 === (3 - offset) % 3 ? undefined : -1)
    return [sure, sure.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [text, bytes.toString('hex'), ...inBase64]
}

/** Where which of these is found, as `place: what`. */
const find = (secrets: Record<string, readonly string[]>, places: Places): string[] =>
  [...places].flatMap(([place, text]) =>
    Object.entries(secrets).flatMap(([what, needles]) =>
      needles.flatMap(writings).some((needle) => text.includes(needle)) ? [`${place}: ${what}`] : [],
    ),
  )

const everywhere = async (): Promise<Places> => new Map([...(await mongoAsText()), ...(await natsAsText())])

const accessTokenOf = async (linkId: string): Promise<string> => {
  const vault = createVault({
    collections: store.collections,
    keyring: parseTokenKeys(tokenKeys),
    clock: systemClock,
    refreshTokens: () => Promise.reject(new Error('a fresh token needs no refresh')),
    judge: () => ({ kind: 'transient' }),
  })
  return (await vault.accessToken(linkId)).reveal()
}

/** All of an athlete that is of Strava. */
const tracesOf = async (account: string) => {
  const { stravaAthleteId, name } = await system.control.athlete(account)
  const link = await store.connection
    .collection('links')
    .findOne<{ _id: string }>({ stravaAthleteId: String(stravaAthleteId) } as never)
  const linkId = String(link?._id)
  const workouts = await store.collections.workouts.find({ linkId }).lean()
  const credential = await store.collections.credentials.findById(linkId).lean()
  const sealed = [credential?.accessToken, credential?.refreshToken].map((token) =>
    token === undefined
      ? ''
      : Buffer.from(JSON.parse(JSON.stringify(token)).ciphertext ?? '', 'base64').toString('base64'),
  )
  return {
    athlete: [String(stravaAthleteId)],
    name: [name],
    activities: workouts.map(({ stravaActivityId }) => stravaActivityId),
    titles: workouts.map((workout) => workout.name).filter((title) => title.length > 8),
    token: [await accessTokenOf(linkId)],
    sealed,
  }
}

describe('writings', () => {
  it.each(['3100000033', 'Chris Cedar', 'ab'.repeat(20)])('of %s are found wherever they begin', (text) => {
    for (const before of ['', 'x', 'xy', 'xyz', '{"id":"']) {
      const around = Buffer.from(`${before}${text}", more`)
      for (const written of [around.toString('base64'), around.toString('base64url'), around.toString('hex')]) {
        expect(writings(text).some((needle) => written.includes(needle))).toBe(true)
      }
    }
  })
})

it('nothing of an athlete who has unlinked is left in MongoDB or NATS', { timeout: 300_000 }, async () => {
  const { control } = system
  const apps: MobileApp[] = []
  for (const account of ['chris', 'ben']) apps.push(await linkAthlete(system, account))
  const [chris, ben] = apps
  if (!chris || !ben) throw new Error('nobody is linked')
  for (const app of apps) await synced(app, 60_000)

  // Pushed, changed and gone; unreadable; failed.
  await until(30_000, async () => {
    const { calls } = await control.calls()
    expect(calls.some(({ endpoint, status }) => endpoint === 'push_subscriptions' && status === 201)).toBe(true)
  })
  const { id } = await control.addActivity('chris', { name: 'Long way round the lake' })
  const stored = (name: string) => store.collections.workouts.exists({ stravaActivityId: String(id), name })
  await until(30_000, async () => expect(await stored('Long way round the lake')).toBeTruthy())
  await control.editActivity(id, { name: 'Longer way round the lake' })
  await until(30_000, async () => expect(await stored('Longer way round the lake')).toBeTruthy())
  const gone = await control.addActivity('chris', { name: 'Short way round the lake' })
  const isStored = () => store.collections.workouts.exists({ stravaActivityId: String(gone.id) })
  await until(30_000, async () => expect(await isStored()).toBeTruthy())
  await control.deleteActivity(gone.id)
  await until(30_000, async () => expect(await isStored()).toBeNull())
  await control.addActivity('chris', { distortion: { fields: { start_date: 17, distance: {}, sport_type: null } } })
  await chris.api('POST', '/strava/sync')
  const deadLetters = store.connection.collection('dead_letters')
  await until(30_000, async () => expect(await deadLetters.countDocuments()).toBeGreaterThan(0))
  await synced(chris, 60_000)

  const traces = await tracesOf('chris')
  const all = {
    ...traces,
    activities: [...traces.activities, String(id), String(gone.id)],
    titles: [...traces.titles, 'Long way round the lake', 'Short way round the lake'],
  }
  const kept = await tracesOf('ben')
  // They would be found.
  const before = await everywhere()
  const places = find(all, before)
  for (const place of [
    'mongodb workouts: activities',
    'mongodb links: name',
    'nats EVENTS: athlete',
    'mongodb credentials: sealed',
  ]) {
    expect(places).toContain(place)
  }
  expect(places.filter((place) => place.endsWith(': token'))).toEqual([])

  const titlesOfBoth = new Set(kept.titles)
  const onlyOfChris = { ...all, titles: all.titles.filter((title) => !titlesOfBoth.has(title)) }
  await chris.api('DELETE', '/strava/link')
  await until(120_000, async () => expect(find(onlyOfChris, await everywhere())).toEqual([]), 1_000)
  // Whoever stays has everything.
  const after = find(kept, await everywhere())
  expect(after).toContain('mongodb workouts: activities')
  expect(after).toContain('nats EVENTS: athlete')
})
