import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { connectStore, createDeliveryLog, mongoOutboxSource, prepareDatabase } from '@slipstream/persistence'
import { createQuotaLedger } from '@slipstream/quota'
import { type Clock, newId, repeat, type Service, systemClock } from '@slipstream/runtime'
import { createStravaOAuth } from '@slipstream/strava'
import { createLogger, createMetrics, type Logger, startOpsServer, startTracing } from '@slipstream/telemetry'
import { createGrantVault, parseTokenKeys } from '@slipstream/vault'
import { createAthleteDirectory } from './adapters/athletes.ts'
import { createAuthenticator } from './adapters/authenticator.ts'
import { createIssuerKeys } from './adapters/issuer-keys.ts'
import type { GatewayConfig } from './config.ts'
import { createFacts } from './facts.ts'
import { onAthleteErased } from './handlers/on-athlete-erased.ts'
import { onReauthRequired } from './handlers/on-reauth-required.ts'
import { createStreamRegistry } from './handlers/stream-registry.ts'
import { createApp } from './http/app.ts'
import { createCookies } from './http/cookies.ts'
import type { Route } from './http/route.ts'
import { createSecurityHeaders } from './http/security-headers.ts'
import { startMessaging } from './messaging.ts'
import { builtPageFolder, createFiles } from './pages/files.ts'
import { createRepositories } from './repositories.ts'
import { createRoutes } from './routes.ts'
import { sweepAttempts } from './sweeps/attempts.ts'
import { createUnlinkWorker } from './sweeps/receipts.ts'

export interface GatewayOverrides {
  clock?: Clock
  log?: Logger
  /** For calls to the issuer and to Strava. */
  fetch?: typeof fetch
  sweepIntervalMs?: number
  heartbeatMs?: number
  /** Folder of the built page. */
  pageFolder?: string
}

export interface Gateway extends Service {
  /** Where it listens; with PORT=0 known once started. */
  readonly port: number
  /** Empty until started. */
  readonly routes: readonly Pick<Route, 'method' | 'path'>[]
}

const sweepIntervalMs = 15_000
const heartbeatMs = 15_000
/** Requests in flight at a stop get this long. */
const drainMs = 15_000

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, () => resolve((server.address() as AddressInfo).port))
  })

/** Takes no more connections and waits for the requests in flight; kept-alive connections end as they fall idle. */
const drain = async (server: Server): Promise<void> => {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  const idle = setInterval(() => server.closeIdleConnections(), 50)
  const deadline = setTimeout(() => server.closeAllConnections(), drainMs)
  await closed
  clearInterval(idle)
  clearTimeout(deadline)
}

/** People are served while NATS is away, so that is told, but takes no gateway out of service. */
const degradable = ({ ok, detail }: { ok: boolean; detail?: string }) =>
  ok ? { ok } : { ok: true, detail: `degraded: ${detail}` }

/** Composition root: everything is made and connected here, and stopped in the reverse order. */
export const createGateway = (config: GatewayConfig, overrides: GatewayOverrides = {}): Gateway => {
  const clock = overrides.clock ?? systemClock
  const log = overrides.log ?? createLogger('gateway', config.logLevel)
  const fetchWith = overrides.fetch ?? fetch
  const metrics = createMetrics('gateway')
  const keyring = parseTokenKeys(config.secrets.tokenKeys.reveal())
  const streams = createStreamRegistry()
  const server = createServer({ requestTimeout: 30_000, headersTimeout: 10_000 })
  const stops: (() => Promise<void>)[] = []
  let stopping = false
  let port = config.http.port
  let routes: readonly Route[] = []

  const start = async () => {
    const tracing = await startTracing('gateway', config.otlpEndpoint)
    stops.push(tracing.shutdown)
    const store = await connectStore({ uri: config.mongodbUri, owner: 'gateway' })
    stops.push(store.close)
    await prepareDatabase(store.connection)

    const { collections } = store
    const repositories = createRepositories(store, newId)
    const { links, receipts } = repositories
    const facts = createFacts(log, metrics, { countLinks: links.countByStatus })
    const vault = createGrantVault({
      credentials: collections.credentials,
      keyring,
      clock,
      onUnreadable: facts.tokenUnreadable,
    })
    const messaging = await startMessaging({
      url: config.natsUrl,
      sources: [mongoOutboxSource('links', collections.links), mongoOutboxSource('receipts', collections.receipts)],
      handlers: {
        'athlete.reauth_required': onReauthRequired({ links, vault, facts }),
        'athlete.erased': onAthleteErased({ receipts, clock }),
      },
      deliveries: createDeliveryLog(collections, clock),
      log,
      metrics,
      clock,
    })
    stops.push(messaging.stop)
    const ops = await startOpsServer({
      port: config.http.opsPort,
      registry: metrics.registry,
      readiness: async () => ({
        process: stopping ? { ok: false, detail: 'stopping' } : { ok: true },
        mongodb: await store.readiness(),
        nats: degradable(messaging.readiness()),
      }),
    })
    stops.push(ops.close)

    port = await listen(server, config.http.port)
    const publicUrl = config.http.publicUrl ?? `http://localhost:${port}`
    const oauth = createStravaOAuth({
      clientId: config.strava.clientId,
      clientSecret: config.secrets.stravaClientSecret,
      baseUrl: config.strava.oauthBaseUrl,
      redirectUri: `${publicUrl}/callback`,
      fetch: fetchWith,
      onCall: facts.stravaCalled,
    })
    const common = { ...repositories, clock, newId, nudge: messaging.nudge, facts, vault, oauth }
    const unlinking = createUnlinkWorker(common)
    const sweep = async () => {
      await sweepAttempts(common)
      await unlinking.sweep()
    }
    const sweeping = repeat(sweep, {
      everyMs: overrides.sweepIntervalMs ?? sweepIntervalMs,
      onError: (error) => facts.sweepFailed('sweep', error),
    })
    stops.push(unlinking.stop, sweeping.stop)

    const headers = createSecurityHeaders({ publicUrl, issuer: config.auth.issuer })
    routes = createRoutes({
      ...common,
      bus: messaging.bus,
      streams,
      heartbeatMs: overrides.heartbeatMs ?? heartbeatMs,
      quota: createQuotaLedger({ quota: collections.quota, clientId: config.strava.clientId, clock }),
      cookies: createCookies(publicUrl),
      auth: config.auth,
      wipe: unlinking.wipe,
      settleEarlierUnlink: unlinking.settleEarlierUnlink,
      settings: {
        profileGate: config.linking.profileGate,
        athleteLimit: config.strava.athleteLimit,
        publicUrl,
        webReturnUrl: config.linking.webReturnUrl ?? publicUrl,
        appDeepLink: config.linking.appDeepLink,
      },
    })
    const app = createApp({
      routes,
      files: createFiles(headers, overrides.pageFolder ?? builtPageFolder),
      headers,
      authenticate: createAuthenticator({
        ...config.auth,
        keys: createIssuerKeys({
          issuer: config.auth.issuer,
          fetch: fetchWith,
          clock,
          onFailure: facts.issuerUnavailable,
        }),
        athletes: createAthleteDirectory(collections.athletes, { clock, newId }),
        clock,
      }),
      isStoreUp: () => store.connection.readyState === 1,
      facts,
    })
    // In the same turn as the listening itself, so that no request comes before its handler.
    server.on('request', app)
    log.info({ port, publicUrl }, 'gateway is ready')
  }

  return {
    get port() {
      return port
    },
    get routes() {
      return routes
    },
    start,
    stop: async () => {
      stopping = true
      const drained = server.listening ? drain(server) : undefined
      streams.endAll()
      await drained
      for (const stop of stops.reverse()) await stop()
    },
  }
}
