import { createCountedCall, createGate, createTokenCalls, judgeRefresh } from '@slipstream/gate'
import { runConsumer } from '@slipstream/messaging'
import { createChangeSweep, createDeliveryLog, mongoOutboxSource } from '@slipstream/persistence'
import { createQuotaLedger } from '@slipstream/quota'
import { type Clock, newId, systemClock } from '@slipstream/runtime'
import { createService, type RunningService } from '@slipstream/service'
import { createPushSubscriptions, createStravaApi, createStravaOAuth } from '@slipstream/strava'
import { createLogger, createMetrics, type Logger } from '@slipstream/telemetry'
import { createAnswerSeal, createGrantVault, createKeyWatch, createVault, parseTokenKeys } from '@slipstream/vault'
import { createAthleteDirectory } from './adapters/athletes.ts'
import { createAuthenticator } from './adapters/authenticator.ts'
import { createCallerLimiter } from './adapters/caller-limiter.ts'
import { createGrantProof } from './adapters/grant-proof.ts'
import { createIssuerKeys } from './adapters/issuer-keys.ts'
import { createKeyedRequests } from './adapters/keyed-requests.ts'
import { createLostGrants } from './adapters/lost-grants.ts'
import { createSubscriptions } from './adapters/subscriptions.ts'
import type { GatewayConfig } from './config.ts'
import { createFacts } from './facts.ts'
import { registerGauges } from './gauges.ts'
import { onAthleteErased } from './handlers/on-athlete-erased.ts'
import { onReauthRequired } from './handlers/on-reauth-required.ts'
import { pageConfig } from './handlers/site.ts'
import { createStreamRegistry } from './handlers/stream-registry.ts'
import { createApp } from './http/app.ts'
import { createCookies } from './http/cookies.ts'
import type { Route } from './http/route.ts'
import { createSecurityHeaders } from './http/security-headers.ts'
import { createHttpServer } from './http/server.ts'
import { builtDocsFolder, builtPageFolder, createFiles } from './pages/files.ts'
import { createRepositories } from './repositories.ts'
import { createRoutes } from './routes.ts'
import { watchAppState } from './sweeps/app-state.ts'
import { sweepAttempts } from './sweeps/attempts.ts'
import { endDeadGrants } from './sweeps/dead-grants.ts'
import { confirmDeauthorisations } from './sweeps/deauthorisations.ts'
import { sweepErasures } from './sweeps/erasures.ts'
import { adoptLinks, followGrants } from './sweeps/grants.ts'
import { lookAtLostGrants } from './sweeps/lost-grants.ts'
import { canSubscribe, createSubscriptionKeeper } from './sweeps/push-subscription.ts'
import { createUnlinkWorker } from './sweeps/receipts.ts'
import { createRevocations } from './sweeps/revocations.ts'

export interface GatewayOverrides {
  clock?: Clock
  /** In place of MongoDB's, which all replicas read for the quota. */
  sharedClock?: Clock
  log?: Logger
  /** For calls to the issuer and to Strava. */
  fetch?: typeof fetch
  sweepIntervalMs?: number
  heartbeatMs?: number
  /** How often open event streams look whether Strava or the app went off or came back. */
  watchIntervalMs?: number
  /** How long a count of requests may take in MongoDB before the replica counts by itself. */
  countWithinMs?: number
  /** Folder of the built page. */
  pageFolder?: string
  /** Folder of the built documents. */
  docsFolder?: string
}

export interface Gateway extends RunningService {
  /** Where it listens; with PORT=0 known once started. */
  readonly port: number
  /** Empty until started. */
  readonly routes: readonly Pick<Route, 'method' | 'path'>[]
}

const sweepIntervalMs = 15_000
const heartbeatMs = 15_000
const watchIntervalMs = 2_000

/** Composition root: serves people from the moment the store is there, with NATS or without. */
export const createGateway = (config: GatewayConfig, overrides: GatewayOverrides = {}): Gateway => {
  const clock = overrides.clock ?? systemClock
  const log = overrides.log ?? createLogger('gateway', config.logLevel)
  const fetchWith = overrides.fetch ?? fetch
  const metrics = createMetrics('gateway')
  const facts = createFacts(log, metrics)
  const keyring = parseTokenKeys(config.secrets.tokenKeys.reveal())
  let port = config.http.port
  let routes: readonly Route[] = []

  const service = createService({
    name: 'gateway',
    config,
    log,
    metrics,
    clock,
    drainMs: config.http.drainMs,
    servesWithoutNats: true,
    listensOn: [{ port: config.http.port, settings: { port: 'PORT' } }],
    compose: async ({ store, bus, nudge, leaving }) => {
      const { collections, connection } = store
      const repositories = createRepositories(store, newId)
      const { links, receipts } = repositories
      const keyedRequests = createKeyedRequests(collections.answeredRequests, createAnswerSeal(keyring), clock)
      const streams = createStreamRegistry()
      const server = createHttpServer(leaving)
      port = await server.listen(config.http.port)
      const publicUrl = config.http.publicUrl ?? `http://localhost:${port}`
      const keyWatch = createKeyWatch({ onUnusable: facts.keyUnusable, onUnused: facts.keyUnused })
      const vault = createGrantVault({
        collections,
        keyring,
        clock,
        keyWatch,
        onUnreadable: facts.tokenUnreadable,
      })
      const quota = createQuotaLedger({
        collections,
        clientId: config.strava.clientId,
        clock,
        sharedClock: overrides.sharedClock,
        onTransition: facts.ledgerChanged,
      })
      const stravaOAuth = createStravaOAuth({
        clientId: config.strava.clientId,
        clientSecret: config.secrets.stravaClientSecret,
        baseUrl: config.strava.oauthBaseUrl,
        redirectUri: `${publicUrl}/callback`,
        fetch: fetchWith,
        onCall: facts.stravaCalled,
      })
      const countedCall = createCountedCall({ ledger: quota, clock, onReportFailed: facts.ledgerNotTold })
      const { exchangeCode, revoke, refreshTokens } = createTokenCalls({
        oauth: stravaOAuth,
        ledger: quota,
        clock,
        onReportFailed: facts.ledgerNotTold,
      })
      const oauth = { authorizeUrl: stravaOAuth.authorizeUrl, exchangeCode, revoke }
      const api = createStravaApi({ baseUrl: config.strava.apiBaseUrl, fetch: fetchWith, onCall: facts.stravaCalled })
      const grounds = { ...repositories, keyedRequests, clock, newId, nudge, facts, vault, oauth }
      const revocations = createRevocations(grounds)
      const common = { ...grounds, revocations, quota, proof: createGrantProof({ api, countedCall }) }
      const unlinking = createUnlinkWorker(common)
      const tokens = createVault({
        ...{ collections, keyring, clock, keyWatch, refreshTokens, judge: judgeRefresh },
        onRefresh: facts.tokenRefreshed,
        onStoreFailed: facts.tokensNotStoredYet,
      })
      const strava = createGate({
        ...{ api, vault: tokens, countedCall, clock },
        stravaAthleteOf: async (linkId) => (await links.find(linkId))?.stravaAthleteId ?? null,
      })
      const headers = createSecurityHeaders({
        publicUrl,
        issuer: config.auth.issuer,
        buttonImage: config.linking.buttonImage,
      })
      const confirm = confirmDeauthorisations({ ...common, strava, wipe: unlinking.wipe })
      const subscriptions = createSubscriptions(collections.pushSubscription, config.strava.clientId)
      const { stravaClientSecret, webhookPaths, webhookSigning, webhookVerifyToken } = config.secrets
      const callbackBase = `${publicUrl}/webhooks/strava/`
      const [currentPath] = webhookPaths
      const subscriptionKeeper =
        webhookVerifyToken && currentPath && canSubscribe({ publicUrl, apiBaseUrl: config.strava.apiBaseUrl })
          ? createSubscriptionKeeper({
              ...{ subscriptions, clock, facts, verifyToken: webhookVerifyToken },
              strava: createPushSubscriptions({
                baseUrl: config.strava.apiBaseUrl,
                clientId: config.strava.clientId,
                clientSecret: stravaClientSecret,
                fetch: fetchWith,
                onCall: facts.stravaCalled,
              }),
              callbackBase,
              callbackUrl: `${callbackBase}${currentPath.reveal()}`,
              replacesForeign: config.webhooks.replacesForeign,
            })
          : null
      const settings = {
        profileGate: config.linking.profileGate,
        athleteLimit: config.strava.athleteLimit,
        publicUrl,
        webReturnUrl: config.linking.webReturnUrl ?? publicUrl,
        appDeepLink: config.linking.appDeepLink,
        stravaButtonImage: config.linking.buttonImage,
      }
      routes = createRoutes({
        ...common,
        subscriptionKeeper,
        bus,
        streams,
        heartbeatMs: overrides.heartbeatMs ?? heartbeatMs,
        headers,
        cookies: createCookies(publicUrl),
        auth: config.auth,
        wipe: unlinking.wipe,
        subscriptions,
        revocationNoticed: () =>
          void confirm(leaving).catch((error: unknown) => facts.rowFailed('deauthorisations', error)),
        webhooks: {
          paths: webhookPaths,
          verifyToken: webhookVerifyToken,
          signature: config.webhooks.signature,
          signingKeys: [...(webhookSigning ? [webhookSigning] : []), stravaClientSecret],
        },
        settings,
      })
      server.serve(
        createApp({
          routes,
          files: createFiles({
            headers,
            publicUrl,
            pageFolder: overrides.pageFolder ?? builtPageFolder,
            docsFolder: overrides.docsFolder ?? builtDocsFolder,
            pageConfig: pageConfig({ auth: config.auth, settings }),
          }),
          headers,
          trustedProxyHops: config.http.trustedProxyHops,
          corsOrigins: config.http.corsOrigins,
          publicUrl,
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
          limiter: createCallerLimiter({
            connection,
            scale: config.http.rateLimitScale,
            storeWithinMs: overrides.countWithinMs,
            facts,
          }),
          keyedRequests,
          isStoreUp: () => connection.readyState === 1,
          facts,
        }),
      )
      log.info({ port, publicUrl }, 'people are served')

      const handlers = {
        'athlete.reauth_required': onReauthRequired({ links, vault, facts }),
        'athlete.erased': onAthleteErased({ receipts, clock }),
      }
      const deliveries = createDeliveryLog(collections, clock)
      const consuming = { deliveries, log, metrics, clock }
      const everyMs = overrides.sweepIntervalMs ?? sweepIntervalMs
      const { keepForMs } = config.strava
      registerGauges(metrics, { links, receipts, vault, clock }, config.strava.athleteLimit)
      return {
        deliveries,
        outbox: [
          [mongoOutboxSource('links', collections.links), mongoOutboxSource('receipts', collections.receipts)],
          // Many at once are no reason for a person to wait.
          [mongoOutboxSource('webhook_inbox', collections.webhookInbox)],
        ],
        consumers: [(connected) => runConsumer(connected, { ...consuming, name: 'gateway', handlers })],
        tasks: [
          { name: 'link-attempts', everyMs, run: () => sweepAttempts(common) },
          {
            name: 'app-state',
            everyMs: overrides.watchIntervalMs ?? watchIntervalMs,
            run: watchAppState({ quota, streams }),
          },
          { name: 'open-receipts', everyMs, run: unlinking.sweep },
          {
            name: 'deauthorisations',
            everyMs,
            run: confirm,
          },
          { name: 'erasures', everyMs, run: sweepErasures(common) },
          { name: 'owed-revocations', everyMs, run: revocations.sweep },
          { name: 'turned-grants', everyMs, run: followGrants(common) },
          ...(keepForMs === null ? [] : [{ name: 'dead-grants', everyMs, run: endDeadGrants(common, keepForMs) }]),
          {
            name: 'lost-grants',
            everyMs,
            run: createChangeSweep({
              name: 'gateway.lost-grants',
              marks: collections.sweepMarks,
              source: createLostGrants(collections),
              look: lookAtLostGrants(common),
              clock,
              walks: true,
            }),
          },
          ...(subscriptionKeeper ? [{ name: 'push-subscription', everyMs, run: subscriptionKeeper.sweep }] : []),
          { name: 'links-without-account', everyMs, run: adoptLinks(common) },
        ],
        stopServing: async (signal) => {
          const served = server.stop(signal)
          streams.endAll()
          await served
        },
        settle: async (signal) => {
          await Promise.all([revocations.stop(), tokens.drain(signal)])
        },
      }
    },
  })

  return {
    get port() {
      return port
    },
    get routes() {
      return routes
    },
    get opsPort() {
      return service.opsPort
    },
    stopLimitMs: service.stopLimitMs,
    start: service.start,
    stop: service.stop,
  }
}
