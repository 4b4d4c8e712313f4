import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { jetstreamManager } from '@nats-io/jetstream'
import { connect } from '@nats-io/transport-node'
import type { SyncAccepted, WorkoutPage } from '@slipstream/contracts'
import { freePort, startMongo, stopLeftovers } from '@slipstream/embedded'
import { connectStore } from '@slipstream/persistence'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { createSimulator } from '../services/simulator/src/service.ts'
import { linkAthlete, statusOf, synced } from './support/linked-athlete.ts'
import type { MobileApp } from './support/mobile-app.ts'
import { outputDir, type RunningSystem, spawnLauncher, startSystem } from './support/system.ts'
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

/** One more process where there is a Prometheus on PATH. */
const prometheuses = ({ endpoints }: RunningSystem): number => (endpoints.prometheusUrl ? 1 : 0)

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
    expect(processesNaming(dataDir)).toHaveLength(7 + prometheuses(first))

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
    const expected = 6 + (system ? prometheuses(system) : 0)
    await system?.killLauncher()
    system = undefined
    const orphans = processesNaming(dataDir)
    expect(orphans).toHaveLength(expected)

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
    const store = await connectStore({ uri: mongo.uri, owner: 'operator' })
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

  const listenOn = async () => {
    const stranger = createServer().listen(0)
    await once(stranger, 'listening')
    onTestFinished(() => void stranger.close())
    return (stranger.address() as AddressInfo).port
  }

  /** Runs until it has ended, which it must do with these sentences and before anything is started. */
  const expectProblems = async (name: string, env: Record<string, string>, problems: (string | RegExp)[]) => {
    const { code, output, leftRunning } = await runToEnd(`start-${name}`, env)
    const sentences = output.split('\n').filter((line) => line.startsWith('  - '))
    expect(sentences).toEqual(problems.map((problem) => expect.stringMatching(problem)))
    expect(output).toContain(`${problems.length === 1 ? '1 setting' : `${problems.length} settings`} to put right:`)
    expect(output).not.toMatch(/^ +at |mongod \d|nats-server \d|simulator ready/m)
    expect(code).toBe(1)
    expect(leftRunning).toEqual([])
  }

  it.each([
    ['PORT', 'abc', /^ {2}- PORT: must be a port number from 0 to 65535$/],
    ['PORT', '99999', /^ {2}- PORT: must be a port number from 0 to 65535$/],
    ['PORT', '1e3', /^ {2}- PORT: must be a port number from 0 to 65535$/],
    ['PORT', ' ', /^ {2}- PORT: must be a port number from 0 to 65535$/],
    ['OPS_PORT', '0x50', /^ {2}- OPS_PORT: must be a port number from 0 to 65535$/],
    ['OPS_HOST', '192.0.2.1', /^ {2}- OPS_HOST: 192\.0\.2\.1 is no address of this machine$/],
    ['SYNC_MODE', 'sometimes', /^ {2}- SYNC_MODE: must be auto or hourly$/],
    ['TOKEN_KEYS', 'abc', /^ {2}- TOKEN_KEYS: entry 1 must be kid:base64/],
    ['PUBLIC_URL', 'localhost:3000', /^ {2}- PUBLIC_URL: must start with http: or https:$/],
    ['SLIPSTREAM_DATA_DIR', '/dev/null/data', /^ {2}- SLIPSTREAM_DATA_DIR: nothing can be stored in \/dev\/null\/data/],
  ])('with 1 and one sentence at %s=%j, before anything is started', async (name, value, sentence) => {
    await expectProblems(`setting-${name.toLowerCase()}`, { [name]: value }, [sentence])
  })

  it.each(['PORT', 'OPS_PORT'])('with 1 at a %s that another process has', async (name) => {
    const port = await listenOn()
    const sentence = new RegExp(`^ {2}- ${name}: port ${port} is taken by another process$`)
    await expectProblems(`taken-${name.toLowerCase()}`, { [name]: String(port) }, [sentence])
  })

  it('with 1 at servers that do not answer, after a bounded wait for both', async () => {
    const servers = {
      MONGODB_URI: 'mongodb://someone:canary@127.0.0.1:1/slipstream',
      NATS_URL: 'nats://someone:canary@no-such-host.invalid:4222',
    }
    await expectProblems('servers', servers, [
      /^ {2}- MONGODB_URI: no server answers within 10 s: 127\.0\.0\.1:1 \(nothing listens there, ECONNREFUSED\)$/,
      /^ {2}- NATS_URL: no server answers within 10 s: no-such-host\.invalid:4222 \(.*\)$/,
    ])
    expect(readFileSync(join(outputDir, 'start-servers.log'), 'utf8')).not.toContain('canary')
  })

  it('with 1 and all problems at once, whoever reads the setting, without waiting', async () => {
    const env = {
      PORT: 'abc',
      OPS_PORT: String(await listenOn()),
      SYNC_MODE: 'x',
      TOKEN_KEYS: 'canary',
      SIMULATOR_LATENCY_MS: 'slow',
      SLIPSTREAM_DATA_DIR: '/dev/null/data',
      MONGODB_URI: 'mongodb://127.0.0.1:1/',
    }
    const named = [
      'PORT',
      'TOKEN_KEYS',
      'SYNC_MODE',
      'SIMULATOR_LATENCY_MS',
      'SLIPSTREAM_DATA_DIR',
      'OPS_PORT',
      'MONGODB_URI',
    ]
    await expectProblems(
      'all-settings',
      env,
      named.map((name) => new RegExp(`^ {2}- ${name}: `)),
    )
    const output = readFileSync(join(outputDir, 'start-all-settings.log'), 'utf8')
    expect(output).not.toContain('canary')
    expect(output).not.toContain('waiting')
  })

  it('without having deleted anything, when a setting is wrong beside --fresh', async () => {
    const dataDir = newDataDir()
    writeFileSync(join(dataDir, 'keepsake'), '')
    const { launcher } = await spawnLauncher('start-fresh-wrong', { SYNC_MODE: 'x' }, { dataDir, args: ['--fresh'] })
    await once(launcher, 'exit')
    expect(existsSync(join(dataDir, 'keepsake'))).toBe(true)
  })

  it('with 0 after its help', async () => {
    const { code, output, leftRunning } = await runToEnd('start-help', { PORT: 'abc' }, ['--help'])
    expect({ code, leftRunning }).toEqual({ code: 0, leftRunning: [] })
    expect(output).toContain('--fresh')
  })
})

describe('a service by itself ends', () => {
  it.each(['gateway', 'scheduler', 'ingestion', 'simulator'])(
    '%s: with 1 and all problems, without a stack',
    async (name) => {
      const service = spawn(process.execPath, ['src/main.ts'], {
        cwd: join(import.meta.dirname, '..', 'services', name),
        env: { PATH: process.env.PATH, OPS_PORT: 'abc', LOG_LEVEL: 'loud' },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let text = ''
      service.stderr.setEncoding('utf8').on('data', (chunk) => {
        text += chunk
      })
      const [code] = await once(service, 'close')
      expect(code).toBe(1)
      expect(text).toMatch(/^cannot start: \d settings to put right:\n( {2}- [A-Z_]+: .+\n)+$/)
      expect(text).toContain('OPS_PORT: must be a port number from 0 to 65535')
      expect(text).toContain('LOG_LEVEL: must be fatal, error, warn, info, debug, trace or silent')
    },
  )
})
