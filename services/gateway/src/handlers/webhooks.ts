import { timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { type Clock, type Secret, sha256 } from '@slipstream/runtime'
import { checkSignature, readWebhook, type SignatureResult, type StravaWebhook } from '@slipstream/strava'
import express, { type Request, type Response } from 'express'
import type { Inbox, Links, Subscriptions } from '../domain/ports.ts'
import { RefusalError } from '../domain/refusal.ts'
import { withinDeadline } from '../http/deadline.ts'
import type { UnguardedRoute } from '../http/route.ts'

/** What became of a webhook; a label, so the set is closed. */
export type WebhookOutcome = 'stored' | 'repeated' | 'unknown_owner' | 'foreign_subscription' | 'refused' | 'not_stored'

export interface WebhookDeps {
  inbox: Inbox
  links: Pick<Links, 'ofAccount'>
  subscriptions: Pick<Subscriptions, 'find'>
  clock: Clock
  /** Publishes what was just committed. */
  nudge: () => void
  /** A notice about an athlete was stored. */
  athleteNoticed: () => void
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

/** Strava waits 2 s for an answer, and comes twice more for one that is not 200. */
const storeWithinMs = 1_500
const keptMs = 7 * 24 * 60 * 60_000
/** The event of a notice is heard within a second, or was lost. */
const unheardAfterMs = 10_000
const longestChallenge = 255

const readRaw = promisify(express.raw({ limit: '16kb', inflate: false, type: 'application/json' }))

/** Of their digests, which are equally long, so that the time taken tells nothing of the secret. */
const isSame = (given: unknown, secret: Secret): boolean =>
  typeof given === 'string' && timingSafeEqual(Buffer.from(sha256(given)), Buffer.from(sha256(secret.reveal())))

/** All of what was said, so that the same is known again; two changes within a second differ in their updates. */
const idOf = ({ eventTime, updates, ...rest }: StravaWebhook): string => {
  const sorted = Object.entries(updates).toSorted(([one], [other]) => (one < other ? -1 : 1))
  const { subscriptionId, objectType, objectId, ownerId, aspectType } = rest
  const said = [subscriptionId, objectType, objectId, ownerId, aspectType, eventTime.getTime(), sorted]
  return sha256(JSON.stringify(said))
}

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
  const { inbox, links, subscriptions, clock, nudge, athleteNoticed, webhooks, facts } = deps
  const { paths, verifyToken, signature, signingKeys } = webhooks
  const path = '/webhooks/strava/:secret'

  const checkPath = (request: Request) => {
    if (!paths.some((secret) => isSame(request.params.secret, secret))) throw new RefusalError('not_found')
  }

  const store = async (webhook: StravaWebhook): Promise<WebhookOutcome> => {
    const { ownerId, ...said } = webhook
    const [subscription, link] = await Promise.all([subscriptions.find(), links.ofAccount(ownerId)])
    const known = subscription?.subscriptionId ?? said.subscriptionId
    if (known !== said.subscriptionId) return 'foreign_subscription'
    if (!link) return 'unknown_owner'
    const receivedAt = clock.now()
    const row = {
      ...{ _id: idOf(webhook), athleteId: link.athleteId, linkId: link.linkId, ...said },
      ...{ receivedAt, takenAt: null, deleteAt: new Date(receivedAt.getTime() + keptMs) },
      nextTryAt: new Date(receivedAt.getTime() + (said.objectType === 'activity' ? unheardAfterMs : 0)),
    }
    const isNew = await inbox.add(row, { isRelayed: said.objectType === 'activity' })
    if (isNew && said.objectType === 'activity') nudge()
    if (isNew && said.objectType === 'athlete') athleteNoticed()
    return isNew ? 'stored' : 'repeated'
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
      tell(kind, await withinDeadline(store(reading.data), storeWithinMs))
    } catch (error) {
      tell(kind, 'not_stored')
      // Whatever it was, Strava should come again.
      throw error instanceof RefusalError ? error : new RefusalError('service_unavailable')
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
    if (!(await withinDeadline(isExpected(), storeWithinMs))) throw new RefusalError('forbidden')
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
