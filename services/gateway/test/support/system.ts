import { randomBytes } from 'node:crypto'
import { freePort } from '@slipstream/embedded'
import { type Bus, connectBus } from '@slipstream/messaging'
import { connectStore } from '@slipstream/persistence'
import type { Clock } from '@slipstream/runtime'
import { createLogger } from '@slipstream/telemetry'
import { startTestNats, type TestNats, testDatabase } from '@slipstream/testing'
import { createSimulator } from '../../../simulator/src/service.ts'
import { gatewayConfig } from '../../src/config.ts'
import { createGateway, type Gateway, type GatewayOverrides } from '../../src/service.ts'
import { audience, type MintOptions, startTestIssuer, type TestIssuer } from './issuer.ts'

/** Runs on after the real clock, ahead by what a test has moved it. */
export const createTestClock = () => {
  let aheadMs = 0
  return {
    now: () => new Date(Date.now() + aheadMs),
    advance: (ms: number) => {
      aheadMs += ms
    },
  }
}

export interface SystemOptions {
  env?: Record<string, string>
  overrides?: GatewayOverrides
  /** Settings of the simulated Strava. */
  strava?: Parameters<typeof createSimulator>[0]
  beforeStart?: (parts: { issuer: TestIssuer; nats: TestNats }) => unknown
}

/** Lines with the stack of an error; trouble that was foreseen has none. */
export const linesWithStack = (lines: readonly string[]): string[] => lines.filter((line) => line.includes('"stack":'))

/** A gateway on real MongoDB and NATS, a simulated Strava, an issuer for any subject, all of it in this process. */
export const startSystem = async ({ env = {}, overrides = {}, strava: settings, beforeStart }: SystemOptions = {}) => {
  const clock = createTestClock()
  const logLines: string[] = []
  const log = createLogger('gateway', 'debug', { write: (line: string) => void logLines.push(line) })
  const database = testDatabase()
  const [nats, issuer] = await Promise.all([startTestNats(), startTestIssuer()])
  const strava = createSimulator(settings, { clock: clock as Clock })
  await strava.start()
  const config = gatewayConfig({
    MONGODB_URI: database.uri,
    NATS_URL: nats.url,
    PORT: '0',
    OPS_PORT: String(await freePort()),
    DRAIN_SECONDS: '0',
    AUTH_ISSUER_URL: issuer.url,
    AUTH_AUDIENCE: audience,
    STRAVA_CLIENT_ID: '12345',
    STRAVA_CLIENT_SECRET: 'simulator-secret',
    STRAVA_OAUTH_BASE_URL: strava.url,
    STRAVA_API_BASE_URL: `${strava.url}/api/v3`,
    TOKEN_KEYS: `test1:${randomBytes(32).toString('base64')}`,
    // Tests ask far more often than people do.
    RATE_LIMIT_SCALE: '1000',
    ...env,
  })
  const gateway = createGateway(config, { clock, sharedClock: clock, log, sweepIntervalMs: 100, ...overrides })
  await beforeStart?.({ issuer, nats })
  await gateway.start()
  const url = `http://localhost:${gateway.port}`
  const store = await connectStore({ uri: database.uri, owner: 'gateway' })
  let bus: Bus | undefined
  const replicas: Gateway[] = []

  const call = async (token: string | null, method: string, path: string, body?: unknown, headers = {}) =>
    await fetch(url + path, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      redirect: 'manual',
    })

  /** An athlete of the issuer, with a submitted profile unless told otherwise. */
  const signIn = async (subject: string, options: MintOptions & { profile?: boolean } = {}) => {
    const token = await issuer.mint(subject, options)
    if (options.profile !== false) {
      const submitted = await call(token, 'PUT', '/api/v1/profile', { displayName: subject, primarySport: 'Run' })
      if (!submitted.ok) throw new Error(`profile: ${submitted.status} ${logLines.at(-1)}`)
    }
    return {
      token,
      call: (method: string, path: string, body?: unknown, headers = {}) => call(token, method, path, body, headers),
      json: async (method: string, path: string, body?: unknown) =>
        (await call(token, method, path, body)).json() as Promise<never>,
    }
  }

  return {
    clock,
    config,
    database,
    gateway,
    issuer,
    nats,
    store,
    strava,
    url,
    opsUrl: `http://localhost:${config.opsPort}`,
    logLines,
    call,
    signIn,
    /** Another gateway beside the first. @returns where it is */
    startReplica: async () => {
      const replica = createGateway(
        { ...config, http: { ...config.http, port: 0 }, opsPort: await freePort() },
        { clock, sharedClock: clock, log },
      )
      replicas.push(replica)
      await replica.start()
      return `http://localhost:${replica.port}`
    },
    /** Another service's place at the bus. */
    bus: async () => {
      bus ??= await connectBus({ url: nats.url, source: 'ingestion', log: createLogger('test', 'silent') })
      return bus
    },
    stop: async () => {
      await bus?.close()
      for (const one of [gateway, ...replicas]) await one.stop()
      await store.close()
      await strava.stop()
      await issuer.stop()
      await nats.remove()
      await database.drop()
    },
  }
}

export type System = Awaited<ReturnType<typeof startSystem>>
export type SignedIn = Awaited<ReturnType<System['signIn']>>
