import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Clock } from '@slipstream/runtime'
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express'
import type { SimulatorConfig } from './config.ts'
import type { Control } from './control.ts'
import { refusals } from './domain/strava-fault.ts'
import { announceDeauthorization } from './domain/webhook-events.ts'
import type { Facts } from './facts.ts'
import type { Issuer } from './issuer/issuer.ts'
import { refuse, send } from './routes/answer.ts'
import { controlApiRoutes, ownHostOnly } from './routes/control-api.ts'
import { oauthAuthorizeRoutes } from './routes/oauth-authorize.ts'
import { oauthTokenRoutes } from './routes/oauth-tokens.ts'
import { pushSubscriptionRoutes } from './routes/push-subscriptions.ts'
import { signInRoutes } from './routes/sign-in.ts'
import { stravaApiRoutes } from './routes/strava-api.ts'
import { createEndpoints, type EndpointDeps } from './routes/strava-endpoint.ts'
import type { ActivityBook } from './state/activity-book.ts'
import type { SubscriptionBook } from './state/subscription-book.ts'
import { controlPage } from './views/control-page.ts'
import type { WebhookSender } from './webhook-sender.ts'

interface ApplicationDeps extends EndpointDeps {
  readonly config: SimulatorConfig
  readonly publicUrl: string
  readonly activities: ActivityBook
  readonly subscriptions: SubscriptionBook
  readonly webhooks: WebhookSender
  readonly control: Control
  readonly issuer: Issuer
  readonly facts: Facts
}

/** No `form-action`: browsers apply it to the redirects after a form too, and these end at the application's address. */
const pageHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'content-security-policy':
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
  })
  next()
}

const look = fileURLToPath(import.meta.resolve('@slipstream/runtime/look.css'))

/** Strava dates its answers by its own clock; Node would take the machine's. */
const datedBy =
  (clock: Clock): RequestHandler =>
  (_request, response, next) => {
    response.sendDate = false
    response.setHeader('date', clock.now().toUTCString())
    next()
  }

/** The whole HTTP surface: simulated Strava, issuer, control. */
export const createApplication = (deps: ApplicationDeps): Express => {
  const endpoints = createEndpoints(deps)
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')

  // The issuer reads request bodies itself, so it comes before the parsers.
  app.use('/oidc', deps.issuer.provider.callback())

  app.use(['/oauth', '/api'], datedBy(deps.clock))
  app.use(['/oauth', '/sign-in', '/control', '/assets'], pageHeaders)
  app.use('/assets', express.static(join(import.meta.dirname, '..', 'assets')))
  app.get('/assets/look.css', (_request, response) => response.sendFile(look))
  app.use(express.json(), express.urlencoded({ extended: false }))
  app.use(signInRoutes(deps.issuer.provider))
  app.use(oauthAuthorizeRoutes(deps))
  app.use(
    oauthTokenRoutes({
      ...deps,
      endpoints,
      onGrantEnded: (athleteId) => deps.webhooks.announce([announceDeauthorization(athleteId)]),
    }),
  )
  app.use('/api/v3', stravaApiRoutes({ ...deps, endpoints }), pushSubscriptionRoutes({ ...deps, endpoints }))
  app.use('/control', ownHostOnly(deps.publicUrl))
  const athletePageUrl = new URL('/', deps.config.webOrigin).href
  app.get('/control', (_request, response) => void response.type('html').send(controlPage({ athletePageUrl })))
  app.use('/control/api', controlApiRoutes({ control: deps.control, mintToken: deps.issuer.mintToken }))
  app.get('/', (_request, response) => response.redirect(302, '/control'))

  app.use((_request, response) => send(response, refuse(refusals.pathNotFound)))
  const failed: ErrorRequestHandler = (error: unknown, _request, response, next) => {
    if (response.headersSent) return next(error)
    const status = (error as { status?: unknown }).status
    if (typeof status === 'number' && status >= 400 && status < 500) {
      response.status(status).json({ message: 'Bad Request', errors: [] })
      return
    }
    deps.facts.failed(error)
    send(response, refuse(refusals.brokenActivity))
  }
  app.use(failed)
  return app
}
