import { promisify } from 'node:util'
import { OverdueError, withinLimit } from '@slipstream/runtime'
import express, {
  type ErrorRequestHandler,
  type Express,
  type Request,
  type RequestHandler,
  type Response,
} from 'express'
import { type CallerLimiter, type LimitedWork, rateLimitFields, retryAfterMsOf } from '../domain/limits.ts'
import { RefusalError } from '../domain/refusal.ts'
import { allowOrigins } from './allow-origins.ts'
import { type AnswerOnceDeps, answerOnce } from './answer-once.ts'
import { type Authenticate, authenticateRequest } from './authenticate.ts'
import { type Answered, markRoute, observe } from './observe.ts'
import { problemOf, retryAfterSecondsOf, sendProblem } from './problem.ts'
import type { Route } from './route.ts'
import type { SecurityHeaders } from './security-headers.ts'

export interface AppOptions extends AnswerOnceDeps {
  routes: readonly Route[]
  /** Files of the page and the docs; asked after the routes. */
  files: RequestHandler
  /**
   * How many proxies in a row to believe about whom they speak for: with n, the caller's address is the nth from the end
   * of `X-Forwarded-For`, as each proxy adds the one it hears. What a caller writes there itself stands before those.
   */
  trustedProxyHops: number
  /** Whose pages may call the routes that are for them from another origin. */
  corsOrigins: readonly string[]
  headers: SecurityHeaders
  authenticate: Authenticate
  limiter: CallerLimiter
  /** False while MongoDB is known to be away: then callers are told at once instead of after a wait. */
  isStoreUp(): boolean
  facts: AnswerOnceDeps['facts'] & {
    answered(fact: Answered): void
    requestFailed(code: string, error: unknown): void
  }
}

/** Compressed bodies are refused: a small one may unfold to a large one. */
const readJson = promisify(express.json({ limit: '16kb', inflate: false, type: 'application/json' }))

/** These routes wait for MongoDB and the issuer only. Who waits longer than this is better told to come again. */
const answerWithinMs = 5_000

/** Less, so that whoever sends too slowly is not told that the fault is here. */
const bodyWithinMs = 4_000

const receiveBody = async (request: Request, response: Response): Promise<void> => {
  try {
    await withinLimit(readJson(request, response), bodyWithinMs)
  } catch (error) {
    if (!(error instanceof OverdueError)) throw error
    throw new RefusalError('invalid_request', [{ path: 'body', message: 'did not arrive in time' }], { cause: error })
  }
}

const countRequest = async (limiter: CallerLimiter, work: LimitedWork, athleteId: string, response: Response) => {
  const counted = await limiter.count(work, athleteId)
  response.set(rateLimitFields(counted))
  const retryAfterMs = retryAfterMsOf(counted)
  if (retryAfterMs !== null) throw new RefusalError('too_many_requests', [], { retryAfterMs })
}

const handlersOf = (route: Route, options: AppOptions): RequestHandler[] => {
  const { authenticate, limiter, isStoreUp } = options
  const mark: RequestHandler = (_request, response, next) => {
    markRoute(response, route.path)
    next()
  }
  if (route.access === 'unguarded') return [mark, (request, response) => route.handle(request, response)]
  // What may be asked again without harm as it is needs no key.
  const handle = route.method === 'post' ? answerOnce(route, options) : route.handle
  const serve = async (request: Request, response: Response) => {
    if (!isStoreUp()) throw new RefusalError('service_unavailable')
    const caller = await authenticateRequest(request, response, authenticate)
    if (route.access === 'operator' && !caller.isOperator) throw new RefusalError('forbidden')
    if (route.access === 'athlete' && route.limited)
      await countRequest(limiter, route.limited, caller.athleteId, response)
    await receiveBody(request, response)
    await handle(request, response, caller)
  }
  return [mark, (request, response) => withinLimit(serve(request, response), answerWithinMs)]
}

const refuseOtherMethods =
  (path: string, methods: readonly string[]): RequestHandler =>
  (_request, response) => {
    markRoute(response, path)
    response.set('Allow', methods.join(', '))
    throw new RefusalError('method_not_allowed')
  }

const handleErrors =
  ({ facts: { requestFailed }, publicUrl }: AppOptions): ErrorRequestHandler =>
  (error, _request, response, _next) => {
    const problem = problemOf(error)
    if (problem.status >= 500) requestFailed(problem.code, error)
    if (response.headersSent) response.destroy()
    else sendProblem(response, problem, { publicUrl, retryAfterSeconds: retryAfterSecondsOf(error) })
  }

/** The HTTP side of the gateway: everything that is not a documented route or a file is answered with a problem document. */
export const createApp = (options: AppOptions): Express => {
  const { routes, files, headers, facts } = options
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', 'simple')
  app.set('trust proxy', options.trustedProxyHops)
  app.use(observe(facts.answered))
  app.use(headers.api)
  if (options.corsOrigins.length > 0) {
    const allow = allowOrigins(options.corsOrigins)
    for (const route of routes) {
      if (route.access === 'unguarded' && !route.isForPages) continue
      app[route.method](route.path, allow)
      app.options(route.path, allow)
    }
  }
  for (const route of routes) app[route.method](route.path, ...handlersOf(route, options))
  for (const [path, ofPath] of Map.groupBy(routes, (route) => route.path)) {
    const methods = ofPath.map(({ method }) => method.toUpperCase())
    app.all(path, refuseOtherMethods(path, methods.includes('GET') ? [...methods, 'HEAD'] : methods))
  }
  app.use(files)
  app.use(() => {
    throw new RefusalError('not_found')
  })
  app.use(handleErrors(options))
  return app
}
