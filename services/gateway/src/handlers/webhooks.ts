import { timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { type Secret, sha256, withinLimit } from '@slipstream/runtime'
import { checkSignature, readWebhook, type SignatureResult } from '@slipstream/strava'
import express, { type Request, type Response } from 'express'
import { webhookWithinMs } from '../domain/patience.ts'
import { RefusalError } from '../domain/refusal.ts'
import type { UnguardedRoute } from '../http/route.ts'
import { type StoreWebhookDeps, storeWebhook, type WebhookOutcome } from './store-webhook.ts'

export interface WebhookDeps extends StoreWebhookDeps {
  webhooks: {
    /** Parts of the address that only Strava is told; without one every address is unknown. */
    paths: readonly Secret[]
    verifyToken: Secret | null
    signature: 'off' | 'observe' | 'enforce'
    signingKeys: readonly Secret[]
  }
  facts: {
    webhookReceived(kind: string, outcome: WebhookOutcome, seconds: number): void
    webhookSigned(result: SignatureResult): void
  }
}

const longestChallenge = 255

const readRaw = promisify(express.raw({ limit: '16kb', inflate: false, type: 'application/json' }))

/** Of their digests, which are equally long, so that the time taken tells nothing of the secret. */
const isSame = (given: unknown, secret: Secret): boolean =>
  typeof given === 'string' && timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(secret.reveal())))

const readBody = async (request: Request, response: Response): Promise<Buffer> => {
  if (!request.is('application/json')) throw new RefusalError('unsupported_media_type')
  await readRaw(request, response)
  return Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
}

/**
 * What Strava pushes. It is stored before it is answered, and nothing is changed on its word: whoever knows the address could
 * say anything. The scheduler asks for a look, and the look decides.
 */
export const webhookRoutes = (deps: WebhookDeps): UnguardedRoute[] => {
  const { subscriptions, clock, webhooks, facts } = deps
  const { paths, verifyToken, signature, signingKeys } = webhooks
  const store = storeWebhook(deps)
  const path = '/webhooks/strava/:secret'

  const checkPath = (request: Request) => {
    if (!paths.some((secret) => isSame(request.params.secret, secret))) throw new RefusalError('not_found')
  }

  const receive = async (request: Request, response: Response): Promise<void> => {
    const startedAt = performance.now()
    const tell = (kind: string, outcome: WebhookOutcome) =>
      facts.webhookReceived(kind, outcome, (performance.now() - startedAt) / 1_000)
    const body = await readBody(request, response)
    const reading = readWebhook(body.toString('utf8'))
    if (!('data' in reading)) {
      tell('unreadable', 'refused')
      throw new RefusalError('invalid_request', [{ path: '', message: reading.problem }])
    }
    const kind = `${reading.data.objectType}_${reading.data.aspectType}`
    if (signature !== 'off') {
      const result = checkSignature(request.get('X-Strava-Signature'), body, { keys: signingKeys, now: clock.now() })
      facts.webhookSigned(result)
      if (signature === 'enforce' && result !== 'right') {
        tell(kind, 'refused')
        throw new RefusalError('forbidden')
      }
    }
    try {
      tell(kind, await withinLimit(store(reading.data), webhookWithinMs))
    } catch {
      tell(kind, 'not_stored')
      // Whatever it was, Strava should come again.
      throw new RefusalError('service_unavailable')
    }
    // The same whoever the owner is: nobody learns from it which athletes there are.
    response.status(200).json({})
  }

  /** Only while no subscription is known or one is being made: by this deployment, or by an operator's own call. */
  const isExpected = async (): Promise<boolean> => {
    const subscription = await subscriptions.find()
    if (!subscription || subscription.subscriptionId === null) return true
    return subscription.makingUntil !== null && subscription.makingUntil > clock.now()
  }

  const answerChallenge = async (request: Request, response: Response): Promise<void> => {
    const { 'hub.mode': mode, 'hub.challenge': challenge, 'hub.verify_token': token } = request.query
    if (verifyToken === null || !isSame(token, verifyToken)) throw new RefusalError('forbidden')
    if (mode !== 'subscribe')
      throw new RefusalError('invalid_request', [{ path: 'hub.mode', message: 'must be subscribe' }])
    if (typeof challenge !== 'string' || challenge.length === 0 || challenge.length > longestChallenge)
      throw new RefusalError('invalid_request', [{ path: 'hub.challenge', message: 'is missing or too long' }])
    if (!(await withinLimit(isExpected(), webhookWithinMs))) throw new RefusalError('forbidden')
    response.status(200).json({ 'hub.challenge': challenge })
  }

  const guarded =
    (handle: (request: Request, response: Response) => Promise<void>): UnguardedRoute['handle'] =>
    async (request, response) => {
      checkPath(request)
      await handle(request, response)
    }
  return [
    { method: 'get', path, access: 'unguarded', handle: guarded(answerChallenge) },
    { method: 'post', path, access: 'unguarded', handle: guarded(receive) },
  ]
}
