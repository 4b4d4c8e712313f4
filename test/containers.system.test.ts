import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { jetstream } from '@nats-io/jetstream'
import { connect, type NatsConnection, nkeyAuthenticator } from '@nats-io/transport-node'
import type { Receipt, WorkoutPage } from '@slipstream/contracts'
import { temporaryFolder } from '@slipstream/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ComposedSystem, startComposedSystem } from './support/composed-system.ts'
import { buildImages, docker, hasContainers, imageNames, imageOf, projectRoot } from './support/containers.ts'
import { type ImageFacts, imageFacts } from './support/image-facts.ts'
import { linkAthlete, statusOf, synced } from './support/linked-athlete.ts'
import { until } from './support/until.ts'

interface HeardEvent {
  type: string
  athleteId: string
  stravaActivityId?: string
}

/** All that EVENTS keeps and gets, as another service of the host reads it: with the credentials that such a one is given. */
const hearAsSubscriber = async (
  system: ComposedSystem,
): Promise<{ events: HeardEvent[]; connection: NatsConnection }> => {
  const connection = await connect({
    servers: system.endpoints.natsUrl,
    authenticator: nkeyAuthenticator(new TextEncoder().encode(system.secrets()['nats-subscriber-seed'])),
  })
  const events: HeardEvent[] = []
  const consumer = await jetstream(connection).consumers.get('EVENTS', {})
  await consumer.consume({
    callback: (message) => {
      events.push({ type: message.headers?.get('ce-type') ?? '', ...message.json<Omit<HeardEvent, 'type'>>() })
    },
  })
  return { events, connection }
}

/** Installed to develop these folders or the whole, and not because anything in the image needs it. */
const developmentPackages = ({ workspaces, packages, needed }: ImageFacts): string[] => {
  const manifests = ['.', ...workspaces].map((folder) =>
    JSON.parse(readFileSync(join(projectRoot, folder, 'package.json'), 'utf8')),
  )
  const named = manifests.flatMap(({ devDependencies, optionalDependencies }) =>
    Object.keys({ ...devDependencies, ...optionalDependencies }),
  )
  return packages.filter((name) => named.includes(name) && !needed.includes(name))
}

/** What is in the image beside Node's own; the services need about half of it. */
const mostMegabytes = 80

/** From the start of the container to the line that says that it is ready, on an empty database; the machine may be busy. */
const longestStartMs = 30_000

/** Serving on and all stages of a stop: what compose.yaml grants is more. */
const longestStopMs = 25_000

describe.skipIf(!(await hasContainers()))('the whole system as containers', () => {
  let system: ComposedSystem
  let subscriber: Awaited<ReturnType<typeof hearAsSubscriber>>

  beforeAll(async () => {
    await buildImages()
    system = await startComposedSystem()
    subscriber = await hearAsSubscriber(system)
  }, 600_000)

  afterAll(async () => {
    await subscriber?.connection.close()
    await system?.down()
  }, 120_000)

  const heard = (wanted: Partial<HeardEvent>) =>
    until(30_000, async () => expect(subscriber.events).toContainEqual(expect.objectContaining(wanted)))

  it('links an athlete, syncs, hears of a new activity by webhook, tells subscribers, and forgets all at unlink', {
    timeout: 180_000,
  }, async () => {
    const app = await linkAthlete(system, 'anna')
    await synced(app, 60_000)
    const { items } = (await app.api<WorkoutPage>('GET', '/workouts?limit=200')).body
    expect(items.length).toBeGreaterThan(10)
    for (const { stravaActivityId } of items) await heard({ type: 'activity.ingested', stravaActivityId })

    const { id } = await system.control.addActivity('anna', { name: 'Evening loop', sportType: 'Run' })
    await until(30_000, async () => {
      const { body } = await app.api<WorkoutPage>('GET', '/workouts?limit=1')
      expect(body.items[0]).toMatchObject({ name: 'Evening loop', stravaActivityId: String(id) })
    })
    await heard({ type: 'activity.ingested', stravaActivityId: String(id) })

    const { receiptId } = (await app.api<{ receiptId: string }>('DELETE', '/strava/link')).body
    await until(30_000, async () => {
      const { body } = await app.api<Receipt>('GET', `/strava/receipts/${receiptId}`)
      expect(body).toMatchObject({ revokedAtStrava: true, deleted: { workouts: items.length + 1 } })
      expect(body.completedAt).not.toBeNull()
    })
    await heard({ type: 'athlete.erased' })
    expect((await statusOf(app)).status).toBe('not_linked')
    expect((await app.api<WorkoutPage>('GET', '/workouts')).body.items).toEqual([])
  })

  it.each(imageNames)(
    '%s: one part and what it imports, for a user without rights',
    { timeout: 60_000 },
    async (name) => {
      const facts = await imageFacts(name)
      expect(facts.user).toBe('node')
      expect(facts.labels).toMatchObject({
        'org.opencontainers.image.title': `slipstream/${name}`,
        'org.opencontainers.image.description': expect.any(String),
        'org.opencontainers.image.licenses': 'Apache-2.0',
        'org.opencontainers.image.version': expect.any(String),
        'org.opencontainers.image.revision': expect.any(String),
      })
      expect(facts.hasHealthcheck).toBe(name !== 'cli')
      expect(facts.workspaces.filter((path) => path.startsWith('services/'))).toEqual(
        name === 'cli' ? [] : [`services/${name}`],
      )
      expect(facts.workspaces).not.toContain('libs/testing')
      expect(facts.workspaces).not.toContain('libs/embedded')
      expect(developmentPackages(facts)).toEqual([])
      expect(facts.packages.length).toBeGreaterThan(10)
      expect(facts.developmentFiles).toEqual([])
      expect(facts.ownMegabytes).toBeLessThan(mostMegabytes)
    },
  )

  interface Inspection {
    State: { Status: string; StartedAt: string; ExitCode: number }
    HostConfig: { ReadonlyRootfs: boolean; CapAdd: string[] | null; CapDrop: string[] }
  }
  const inspected = async (service: string) => {
    const [found] = JSON.parse(await docker('inspect', await system.containerOf(service))) as Inspection[]
    return found!
  }

  it.each(['gateway', 'scheduler', 'ingestion'])('%s was ready in time', async (service) => {
    const { StartedAt } = (await inspected(service)).State
    const lines = (await docker('logs', await system.containerOf(service))).split('\n')
    const ready = lines.map((line) => JSON.parse(line)).find(({ msg }) => msg === `${service} is ready`)
    const startMs = Date.parse(ready.time) - Date.parse(StartedAt)
    expect(startMs).toBeLessThan(longestStartMs)
  })

  it('is scraped by Prometheus', async () => {
    await until(60_000, async () => {
      const answer = await fetch(`${system.endpoints.prometheusUrl}/api/v1/query?query=sum(up)`)
      const { data } = (await answer.json()) as { data: { result: { value: [number, string] }[] } }
      expect(data.result[0]?.value[1]).toBe('3')
    })
  })

  it('shows its operator nothing that is wrong, with the permissions that an operator has', {
    timeout: 60_000,
  }, async () => {
    const { findings } = JSON.parse(await system.slipstream('doctor', '--json')) as { findings: { severity: string }[] }
    expect(findings.filter(({ severity }) => severity !== 'info')).toEqual([])
  })

  it('runs on root file systems that nobody can write to', async () => {
    for (const service of ['gateway', 'scheduler', 'ingestion', 'simulator', 'mongo', 'nats', 'prometheus']) {
      const { HostConfig } = await inspected(service)
      expect(HostConfig).toMatchObject({ ReadonlyRootfs: true, CapAdd: null, CapDrop: ['ALL'] })
    }
  })

  it('is backed up and restored, where the image of MongoDB has the tools; else backup fails and leaves nothing', {
    timeout: 120_000,
  }, async () => {
    const file = join(await temporaryFolder(), 'backup.gz')
    const mongo = await system.containerOf('mongo')
    const hasTools = (await docker('exec', mongo, 'sh', '-c', 'command -v mongodump || true')) !== ''
    if (!hasTools) {
      await expect(system.script('backup', file)).rejects.toThrow('mongodump')
      expect(readdirSync(dirname(file))).toEqual([])
      return
    }
    const app = await linkAthlete(system, 'ben')
    await synced(app, 60_000)
    const before = (await app.api<WorkoutPage>('GET', '/workouts?limit=200')).body.items
    await system.script('backup', file)
    await app.api('DELETE', '/strava/link')
    await until(30_000, async () => expect((await app.api<WorkoutPage>('GET', '/workouts')).body.items).toEqual([]))
    await system.script('restore', file)
    await until(60_000, async () =>
      expect((await app.api<WorkoutPage>('GET', '/workouts?limit=200')).body.items).toEqual(before),
    )
  })

  it('shows no secret to who looks at containers, images and logs', { timeout: 60_000 }, async () => {
    const secrets = Object.entries(system.secrets())
    expect(secrets.length).toBeGreaterThan(10)
    const containers = await system.containers()
    const shown = [
      await docker('inspect', ...containers),
      await docker('image', 'inspect', ...imageNames.map(imageOf)),
      ...(await Promise.all(imageNames.map((name) => docker('history', '--no-trunc', imageOf(name))))),
      ...(await Promise.all(containers.map((id) => docker('logs', id)))),
    ].join('\n')
    expect(secrets.filter(([, value]) => shown.includes(value)).map(([name]) => name)).toEqual([])
  })

  it.each(['gateway', 'scheduler', 'ingestion'])(
    '%s ends in order at docker stop',
    { timeout: 60_000 },
    async (service) => {
      const id = await system.containerOf(service)
      const startedAt = performance.now()
      await docker('stop', id)
      expect(performance.now() - startedAt).toBeLessThan(longestStopMs)
      expect((await inspected(service)).State).toMatchObject({ Status: 'exited', ExitCode: 0 })
    },
  )

  it('is gone with one command', { timeout: 60_000 }, async () => {
    await system.down()
    const label = `label=com.docker.compose.project=${system.project}`
    for (const kind of ['container', 'volume', 'network']) {
      expect(await docker(kind, 'ls', '--quiet', '--filter', label)).toBe('')
    }
  })
})
