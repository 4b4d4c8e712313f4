import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { SyncAccepted, WorkoutPage } from '@slipstream/contracts'
import { freePort, startMongo, stopLeftovers } from '@slipstream/embedded'
import { connectStore } from '@slipstream/persistence'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSimulator } from '../services/simulator/src/service.ts'
import { linkAthlete, statusOf, synced } from './support/linked-athlete.ts'
import type { MobileApp } from './support/mobile-app.ts'
import { type RunningSystem, spawnLauncher, startSystem } from './support/system.ts'
import { until } from './support/until.ts'

const dataDirs: string[] = []
const newDataDir = () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'slipstream-start-'))
  dataDirs.push(dataDir)
  return dataDir
}

/**
 * People sign in at an issuer that outlives the system, so that they are the same people after each start, whichever
 * port the system's own simulator finds free.
 */
const issuer = createSimulator()
let settings: Record<string, string>
let system: RunningSystem | undefined
beforeAll(async () => {
  await issuer.start()
  settings = {
    AUTH_ISSUER_URL: issuer.issuerUrl,
    PORT: String(await freePort()),
    OPS_PORT: String(await freePort()),
  }
})
afterAll(async () => {
  await system?.stop()
  for (const dataDir of dataDirs) {
    for (const part of ['', 'processes', 'nats', 'mongo']) await stopLeftovers(join(dataDir, part), { log: () => {} })
    rmSync(dataDir, { recursive: true, force: true })
  }
  await issuer.stop()
})

/** Ids of the processes whose command line or environment names the folder. Linux only: read from /proc. */
const processesNaming = (folder: string): number[] =>
  readdirSync('/proc').flatMap((entry) => {
    if (!/^\d+$/.test(entry)) return []
    try {
      const texts = ['cmdline', 'environ'].map((file) => readFileSync(`/proc/${entry}/${file}`, 'utf8'))
      return texts.some((text) => text.includes(folder)) ? [Number(entry)] : []
    } catch {
      return [] // ended meanwhile
    }
  })

const runToEnd = async (name: string, env: Record<string, string>, args: string[] = []) => {
  const dataDir = newDataDir()
  const { launcher, logFile } = await spawnLauncher(name, env, { dataDir, args })
  const [code] = await once(launcher, 'exit')
  return { code, output: readFileSync(logFile, 'utf8'), leftRunning: processesNaming(dataDir) }
}

/** Number of events kept in the stream, by type. */
const eventCounts = async ({ endpoints }: RunningSystem): Promise<Record<string, number>> => {
  const connection = await connect({ servers: endpoints.natsUrl ?? '' })
  try {
    const { streams } = await jetstreamManager(connection)
    const { state } = await streams.info('EVENTS', { subjects_filter: '>' })
    const counts: Record<string, number> = {}
    for (const [subject, count] of Object.entries(state.subjects ?? {})) {
      const type = subject.slice(0, subject.lastIndexOf('.'))
      counts[type] = (counts[type] ?? 0) + count
    }
    return counts
  } finally {
    await connection.close()
  }
}

const workoutIds = async (app: MobileApp): Promise<string[]> => {
  const { body } = await app.api<WorkoutPage>('GET', '/workouts?limit=200')
  return body.items.map(({ id }) => id)
}

const syncNow = async (app: MobileApp) => {
  const { status, body } = await app.api<SyncAccepted>('POST', '/strava/sync')
  expect(status).toBe(202)
  await synced(app, 20_000, body.runId)
}

/** One athlete's data through all starts: each test goes on where the one before has stopped. */
describe.runIf(process.platform === 'linux')('npm start', () => {
  const dataDir = newDataDir()
  let app: MobileApp
  let workouts: string[]
  let published: Record<string, number>

  const start = async (name: string, args: string[] = []): Promise<RunningSystem> => {
    await system?.stop() // still up only when an earlier test has failed
    system = await startSystem(`start-${name}`, settings, { dataDir, args })
    return system
  }

  it('leaves nothing behind at Ctrl-C', async () => {
    const first = await start('first')
    const tokenFor = async (account: string) => (await issuer.mintToken({ account })).accessToken
    app = await linkAthlete({ ...first, control: { ...first.control, tokenFor } }, 'anna')
    await synced(app, 30_000)
    workouts = await workoutIds(app)
    expect(workouts.length).toBeGreaterThan(10)
    published = await until(10_000, async () => {
      const counts = await eventCounts(first)
      expect(counts).toMatchObject({ 'activity.ingested': workouts.length, 'sync.finished': 1 })
      return counts
    })
    // The launcher, MongoDB, NATS, the simulator, the three services.
    expect(processesNaming(dataDir)).toHaveLength(7)

    await first.stop()
    expect(processesNaming(dataDir)).toEqual([])
    expect(existsSync(join(dataDir, 'endpoints.json'))).toBe(false)
  })

  it('goes on with its data at the next start: still linked, syncs, publishes nothing twice', async () => {
    const second = await start('second')
    expect((await statusOf(app)).status).toBe('active')
    expect(await workoutIds(app)).toEqual(workouts)
    await syncNow(app)
    expect((await statusOf(app)).status).toBe('active')
    const counts = await until(10_000, async () => {
      const now = await eventCounts(second)
      expect(now['sync.finished']).toBe(2)
      return now
    })
    expect(counts).toEqual({ ...published, 'sync.triggered': 1, 'sync.finished': 2 })
  })

  it('after kill -9 of the launcher, the next start first ends what was left running', async () => {
    await system?.killLauncher()
    system = undefined
    const orphans = processesNaming(dataDir)
    expect(orphans).toHaveLength(6)

    const third = await start('third')
    expect(processesNaming(dataDir).filter((pid) => orphans.includes(pid))).toEqual([])
    expect((await statusOf(app)).status).toBe('active')
    expect(await workoutIds(app)).toEqual(workouts)
    await syncNow(app)
    await third.stop()
  })

  it('brings up the data of an earlier release, where services alone would refuse to start', async () => {
    rmSync(join(dataDir, 'mongo', 'prepared-for'))
    const mongo = await startMongo({ dataDir: join(dataDir, 'mongo'), log: () => {} })
    const store = await connectStore({ uri: mongo.uri, owner: 'migration' })
    const receipts = store.connection.collection<{ _id: string; linkId: string; reason: string }>('receipts')
    // As 0.1 had it: one receipt of a link.
    await receipts.insertOne({ _id: 'rcp_1', linkId: 'link_1', reason: 'user' })
    await receipts.dropIndex('ends_link')
    await receipts.createIndex({ linkId: 1 }, { name: 'link', unique: true })
    await store.close()
    await mongo.stop()

    const upgraded = await start('upgraded')
    expect(readFileSync(upgraded.logFile, 'utf8')).toContain('migration: done: drop index receipts.link')
    expect(await workoutIds(app)).toEqual(workouts)
    await upgraded.stop()
  })

  it('with --fresh begins without data', async () => {
    const fresh = await start('fresh', ['--fresh'])
    expect((await statusOf(app)).status).toBe('not_linked')
    expect(await workoutIds(app)).toEqual([])
    expect((await fresh.control.athlete('anna')).connected).toBe(false)
  })
})

describe.runIf(process.platform === 'linux')('npm start ends by itself', () => {
  it('with 2 at an option that does not exist', async () => {
    const { code, output, leftRunning } = await runToEnd('start-usage', {}, ['--frsh'])
    expect(code).toBe(2)
    expect(output.trim()).toMatch(/^Unknown option '--frsh'.*--help$/)
    expect(leftRunning).toEqual([])
  })

  it('with 1 at a setting that is wrong, naming it and the service that reads it', async () => {
    const { code, output, leftRunning } = await runToEnd('start-setting', { SYNC_INTERVAL_MINUTES: 'abc' })
    expect(code).toBe(1)
    expect(output).toMatch(/scheduler ended with code 1 before it was ready.*\n[\s\S]*SYNC_INTERVAL_MINUTES: must be/)
    expect(leftRunning).toEqual([])
  })
})
