import { randomBytes } from 'node:crypto'
import { type Request, Router } from 'express'
import { z } from 'zod'
import type { SimulatorConfig } from '../config.ts'
import { refusals, type StravaFault } from '../domain/strava-fault.ts'
import type { Subscription, SubscriptionBook } from '../state/subscription-book.ts'
import { type Answer, json, nothing, refuse } from './answer.ts'
import { applicationRefusal, parameter } from './application-credentials.ts'
import type { Endpoints } from './strava-endpoint.ts'

const answerWithinMs = 2000
const maxCallbackLength = 255

const echoSchema = z.object({ 'hub.challenge': z.string() })

/** Strava's check of a callback before it answers: 200 and the challenge echoed as JSON, within 2 s. */
const verifyCallback = async (callbackUrl: URL, verifyToken: string): Promise<StravaFault | null> => {
  const challenge = randomBytes(8).toString('hex')
  const target = new URL(callbackUrl)
  target.searchParams.set('hub.mode', 'subscribe')
  target.searchParams.set('hub.challenge', challenge)
  target.searchParams.set('hub.verify_token', verifyToken)
  try {
    const response = await fetch(target, { redirect: 'manual', signal: AbortSignal.timeout(answerWithinMs) })
    if (response.status !== 200) return refusals.subscriptionStatus
    const echo = echoSchema.safeParse(JSON.parse(await response.text()))
    return echo.data?.['hub.challenge'] === challenge ? null : refusals.subscriptionChallenge
  } catch (error) {
    return error instanceof SyntaxError ? refusals.subscriptionChallenge : refusals.subscriptionStatus
  }
}

/** Managing the application's one push subscription; credentials of the application, no bearer token. */
export const pushSubscriptionRoutes = (deps: {
  readonly config: Pick<SimulatorConfig, 'stravaClientId' | 'stravaClientSecret'>
  readonly subscriptions: SubscriptionBook
  readonly endpoints: Endpoints
}): Router => {
  const shape = ({ id, callbackUrl, createdAt }: Subscription) => ({
    id,
    resource_state: 2,
    application_id: Number(deps.config.stravaClientId),
    callback_url: callbackUrl,
    created_at: createdAt,
    updated_at: createdAt,
  })

  const create = async (request: Request): Promise<Answer> => {
    if (deps.subscriptions.current()) return refuse(refusals.subscriptionExists)
    const text = parameter(request, 'callback_url')
    const callbackUrl = URL.parse(text)
    if (!callbackUrl || text.length > maxCallbackLength) return refuse(refusals.subscriptionCallback)
    const refusal = await verifyCallback(callbackUrl, parameter(request, 'verify_token'))
    return refusal ? refuse(refusal) : json(201, shape(deps.subscriptions.create(text)))
  }
  const list = (): Answer => {
    const subscription = deps.subscriptions.current()
    return json(200, subscription ? [shape(subscription)] : [])
  }
  const remove = (request: Request): Answer =>
    deps.subscriptions.remove(Number(request.params.id)) ? nothing(204) : refuse(refusals.subscriptionNotFound)

  const guarded = (work: (request: Request) => Promise<Answer> | Answer) =>
    deps.endpoints.application(
      () => 'push_subscriptions',
      (request) => {
        const refusal = applicationRefusal(request, deps.config)
        return refusal ? refuse(refusal) : work(request)
      },
    )
  const router = Router()
  router.post('/push_subscriptions', guarded(create))
  router.get('/push_subscriptions', guarded(list))
  router.delete('/push_subscriptions/:id', guarded(remove))
  return router
}
