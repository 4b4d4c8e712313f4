import { linkCompletionRequestSchema } from '@slipstream/contracts'
import { sha256 } from '@slipstream/runtime'
import type { LinkAttempt } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import { readBody } from '../http/read.ts'
import type { AthleteRoute } from '../http/route.ts'
import { untilRefused } from './attempt-answer.ts'
import { linkPending } from './establish-link.ts'
import { challengeOf, isSameDigest, type LinkFlow, lifetimes, secondsLater } from './link-flow.ts'
import type { ReadStatus } from './status.ts'

/**
 * A wrong verifier or another athlete's token consumes nothing. There is nothing to guess: a verifier has at least 43
 * characters and the result lives for a minute. Burning the result instead would let whoever caught the deep link
 * spoil the athlete's linking.
 */
const belongsTo = (attempt: LinkAttempt, athleteId: string, codeVerifier: string): boolean =>
  attempt.athleteId === athleteId && isSameDigest(attempt.codeChallenge, challengeOf(codeVerifier))

const complete = async (flow: LinkFlow, athleteId: string, proof: { result: string; codeVerifier: string }) => {
  const attempt = await flow.attempts.findByResult(sha256(proof.result))
  const pending = attempt?.pendingLink
  if (!attempt || !pending || !belongsTo(attempt, athleteId, proof.codeVerifier)) {
    throw new RefusalError('result_invalid')
  }
  const now = flow.clock.now()
  if (!(await flow.attempts.consumeResult(attempt.id, secondsLater(now, lifetimes.exchangeSeconds), now))) {
    throw new RefusalError('result_invalid')
  }
  const { receiptId } = await untilRefused(flow, attempt, () => linkPending(flow, attempt, pending))
  await flow.attempts.finish(attempt.id, { code: null, receiptId }, flow.clock.now())
}

/** Mobile: the app proves that it began the attempt, and the pending grant becomes the link. One answer for all causes of refusal. */
export const completionRoute = (flow: LinkFlow, readStatus: ReadStatus): AthleteRoute => ({
  method: 'post',
  path: '/api/v1/strava/callback',
  access: 'athlete',
  limited: 'completion',
  handle: async (request, response, { athleteId }) => {
    const proof = readBody(linkCompletionRequestSchema, request)
    try {
      await complete(flow, athleteId, proof)
    } catch (error) {
      if (error instanceof RefusalError) flow.facts.linkRefused({ platform: 'mobile', code: error.code, error })
      throw error
    }
    response.json(await readStatus(athleteId))
  },
})
