import type { Problem } from '@slipstream/contracts'
import { sha256 } from '@slipstream/runtime'
import { parseCookie, parseSetCookie } from 'cookie'
import type { Request, Response } from 'express'
import type { Caller } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import {
  isFinal,
  type KeptAnswer,
  type KeyedRequest,
  type KeyedRequests,
  readIdempotencyKey,
} from '../domain/repeated-request.ts'
import { problemOf, sendProblem } from './problem.ts'
import type { AthleteRoute } from './route.ts'

export interface AnswerOnceDeps {
  keyedRequests: Pick<KeyedRequests, 'claim' | 'keep' | 'release'>
  publicUrl: string
  facts: { answerNotKept(error: unknown): void }
}

const comeAgainMs = 1_000

/** The body goes out once it was kept: an answer that nobody could give again must not be the first to arrive. */
const holdBack = (response: Response) => {
  const send = response.json
  let body: object = {}
  response.json = (value: object) => {
    body = value
    return response
  }
  return {
    answer: (): KeptAnswer => ({
      ...{ status: response.statusCode, isProblem: false, body },
      cookies: [response.getHeader('Set-Cookie') ?? []].flat().map(String),
    }),
    letGo: () => {
      response.json = send
      // Too late for a caller who was told to come again: then the repetition gets it.
      if (!response.headersSent) response.json(body)
    },
  }
}

const giveAgain = (
  { request, response }: { request: Request; response: Response },
  { status, isProblem, body, cookies }: KeptAnswer,
  publicUrl: string,
): void => {
  // One that the browser has by now may be newer, and another person's.
  const present = parseCookie(request.headers.cookie ?? '')
  for (const cookie of cookies) {
    if (!(parseSetCookie(cookie).name in present)) response.append('Set-Cookie', cookie)
  }
  if (isProblem) sendProblem(response, body as Omit<Problem, 'type'>, { publicUrl, retryAfterSeconds: null })
  else response.status(status).json(body)
}

/**
 * Serves a request that may come again. With an `Idempotency-Key` it is worked on once, and whoever sends it again gets the same
 * answer; while it is worked on they are asked to come again. Without the header it is served like any other.
 */
export const answerOnce =
  ({ path, handle }: Pick<AthleteRoute, 'path' | 'handle'>, { keyedRequests, publicUrl, facts }: AnswerOnceDeps) =>
  async (request: Request, response: Response, caller: Caller): Promise<void> => {
    const key = readIdempotencyKey(request.get('Idempotency-Key'))
    if (key === null) return await handle(request, response, caller)

    const { athleteId } = caller
    const keyed: KeyedRequest = {
      id: sha256(JSON.stringify([athleteId, path, key])),
      athleteId,
      fingerprint: sha256(JSON.stringify(request.body ?? null)),
    }
    const claim = await keyedRequests.claim(keyed)
    if (claim.kind === 'answered') return giveAgain({ request, response }, claim.answer, publicUrl)
    if (claim.kind === 'in_progress') throw new RefusalError('request_in_progress', [], { retryAfterMs: comeAgainMs })
    if (claim.kind === 'other_request') {
      const problem = { path: 'Idempotency-Key', message: 'has come with another body before' }
      throw new RefusalError('idempotency_key_reused', [problem])
    }

    // The work is done by then: that it cannot be kept is no reason to say that it failed.
    const settle = (settling: Promise<void>) => settling.catch(facts.answerNotKept)
    const held = holdBack(response)
    try {
      await handle(request, response, caller)
    } catch (error) {
      const problem = problemOf(error)
      const answer = { status: problem.status, isProblem: true, body: problem, cookies: [] }
      await settle(
        isFinal(problem.code)
          ? keyedRequests.keep(keyed, claim.until, answer)
          : keyedRequests.release(keyed, claim.until),
      )
      throw error
    }
    await settle(keyedRequests.keep(keyed, claim.until, held.answer()))
    held.letGo()
  }
