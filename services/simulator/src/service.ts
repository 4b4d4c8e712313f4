import { createServer, type Server } from 'node:http'
import { type Clock, listen, NotStartedError, type Service, systemClock } from '@slipstream/runtime'
import { createLogger, createMetrics, type Logger, type OpsServer, startOpsServer } from '@slipstream/telemetry'
import { createApplication } from './application.ts'
import { inProcessConfig, type SimulatorConfig } from './config.ts'
import { type Control, createControl } from './control.ts'
import { type Random, seededRandom } from './domain/random.ts'
import { createFacts } from './facts.ts'
import { createIssuer, type Issuer, newSigningKey } from './issuer/issuer.ts'
import type { MintToken } from './issuer/mint-token.ts'
import { createActivityBook } from './state/activity-book.ts'
import { createCallLog } from './state/call-log.ts'
import { createGrantBook } from './state/grant-book.ts'
import { createHeldCalls } from './state/held-calls.ts'
import { createMovableClock } from './state/movable-clock.ts'
import { createQuotaMeter } from './state/quota-meter.ts'
import { createStateFile } from './state/state-file.ts'
import { createSubscriptionBook } from './state/subscription-book.ts'
import { createSwitches } from './state/switches.ts'
import { createWebhookSender } from './webhook-sender.ts'

export interface Simulator extends Service {
  /** Base address, e.g. `http://localhost:4400`; known once started. */
  readonly url: string
  /** The issuer, `<url>/oidc`. */
  readonly issuerUrl: string
  readonly control: Control
  /** An access token as the issuer would give it to a sign-in account; usable once started. */
  readonly mintToken: MintToken
}

export interface SimulatorOverrides {
  /** What Strava's clock goes by until control moves it. */
  readonly clock?: Clock
  /** Decides what is left to chance while running: faults with a probability, webhook disorder. */
  readonly random?: Random
  readonly logger?: Logger
}

const close = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })

/**
 * A Strava look-alike and an OIDC issuer in one process. Settings that are left out suit a test's own process: any free
 * port, no operations port, silent, answers at once, nothing kept.
 */
export const createSimulator = (
  settings: Partial<SimulatorConfig> = {},
  overrides: SimulatorOverrides = {},
): Simulator => {
  const config: SimulatorConfig = { ...inProcessConfig(), ...settings }
  const clock = createMovableClock(overrides.clock ?? systemClock)
  const random = overrides.random ?? seededRandom(config.seed, 'chance')
  const logger = overrides.logger ?? createLogger('simulator', config.logLevel)
  const metrics = config.opsPort === null ? null : createMetrics('simulator')
  const facts = createFacts(logger, metrics)

  const activities = createActivityBook({ clock, seed: config.seed })
  const switches = createSwitches({ latencyMs: config.latencyMs, random })
  const grants = createGrantBook({ clock, random, athleteLimit: config.athleteLimit, behaviour: switches.behaviour })
  const quota = createQuotaMeter({ clock })
  const calls = createCallLog()
  const held = createHeldCalls()
  const subscriptions = createSubscriptionBook({ clock })
  const webhooks = createWebhookSender({
    clock,
    random,
    behaviour: () => switches.behaviour().webhooks,
    subscriptions,
    signingSecret: config.webhookSigningSecret,
    facts,
  })
  const parts = { config, clock, facts, activities, grants, quota, switches, subscriptions, calls, held, webhooks }
  const control = createControl(parts)
  const stateFile = config.stateFile === null ? null : createStateFile(config.stateFile, facts)

  const server = createServer()
  let running: { url: string; issuer: Issuer; ops: OpsServer | null } | null = null
  const started = () => {
    if (!running) throw new NotStartedError('the simulator has not been started')
    return running
  }

  return {
    get url() {
      return started().url
    },
    get issuerUrl() {
      return started().issuer.provider.issuer
    },
    control,
    mintToken: (request) => started().issuer.mintToken(request),
    start: async () => {
      const saved = stateFile?.load()
      if (saved) {
        grants.restore(saved.grants)
        activities.restore(saved.activities)
        subscriptions.restore(saved.subscription)
        quota.setLimits(saved.limits)
      }
      const signingKey = saved?.signingKey ?? (await newSigningKey())
      const port = await listen(server, {
        port: config.port,
        host: config.host,
        settings: { port: 'PORT', host: 'HOST' },
      })
      stateFile?.keep(() => ({
        signingKey,
        grants: grants.all(),
        activities: activities.changes(),
        subscription: subscriptions.current(),
        limits: quota.limits(),
      }))
      const publicUrl = config.publicUrl ?? `http://localhost:${port}`
      const { authAudience: audience, webOrigin } = config
      const issuer = createIssuer({ publicUrl, audience, webOrigin, signingKey, facts })
      server.on('request', createApplication({ ...parts, publicUrl, issuer, control }))
      const ops =
        metrics && config.opsPort !== null
          ? await startOpsServer({
              port: config.opsPort,
              host: config.opsHost,
              registry: metrics.registry,
              readiness: () => ({ http: { ok: server.listening } }),
            })
          : null
      running = { url: publicUrl, issuer, ops }
      facts.started(publicUrl)
    },
    stop: async () => {
      webhooks.stop()
      await running?.ops?.close()
      await close(server)
      await stateFile?.close()
    },
  }
}
