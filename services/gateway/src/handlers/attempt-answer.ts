import { setTimeout as delay } from 'node:timers/promises'
import { knownCode } from '@slipstream/contracts'
import { newOneTimeSecret, sha256 } from '@slipstream/runtime'
import type { LinkAttempt } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import { linkedPage, resultDeepLink } from '../domain/return-target.ts'
import { appReturnPage } from '../pages/app-return.ts'
import type { Landing } from './browser-leg.ts'
import { type LinkFlow, lifetimes, secondsLater } from './link-flow.ts'

/** As long as the one who exchanges the code may take; see libs/gate and adapters/grant-proof.ts. */
const waitForMs = 12_000
const lookEveryMs = 250

/** The attempt when whoever has its code, in whatever process, is done with it. Bound: 48 reads. */
export const settledAttempt = async (flow: LinkFlow, { id }: LinkAttempt): Promise<LinkAttempt> => {
  for (let waitedMs = 0; waitedMs <= waitForMs; waitedMs += lookEveryMs) {
    const attempt = await flow.attempts.find(id)
    if (!attempt) throw new RefusalError('link_token_invalid')
    if (attempt.step !== 'exchanging') return attempt
    await delay(lookEveryMs)
  }
  throw new RefusalError('service_unavailable')
}

/** A one-time result for the app, and how it is kept. */
export const newResult = ({ clock }: Pick<LinkFlow, 'clock'>) => {
  const result = newOneTimeSecret()
  return { result, kept: { resultHash: sha256(result), expiresAt: secondsLater(clock.now(), lifetimes.resultSeconds) } }
}

/** Back to the app, which has still to prove that it began. */
export const resultLanding = ({ settings }: LinkFlow, result: string): Landing => {
  const location = resultDeepLink(settings.appDeepLink, result)
  const text = 'Go back to the app to finish connecting Strava.'
  return { location, page: appReturnPage({ title: 'Nearly done', text, deepLink: location }) }
}

/** Mobile: the app knows by now, and has no use for another jump. */
export const linkedLanding = (
  { settings }: LinkFlow,
  { platform, returnTo }: Pick<LinkAttempt, 'platform' | 'returnTo'>,
  receiptId: string | null,
): Landing =>
  platform === 'web'
    ? { location: linkedPage(settings.webReturnUrl, returnTo, receiptId) }
    : { page: appReturnPage({ title: 'Strava is linked', text: 'You can close this page and go back to the app.' }) }

/**
 * What the attempt came to, once more; mobile: with a fresh result, which takes the place of the one before. The deadline stays:
 * moved with each visit, it would keep for ever a grant that nobody claims.
 * @throws RefusalError what it was refused with
 */
export const repeatAnswer = async (flow: LinkFlow, attempt: LinkAttempt): Promise<Landing> => {
  const settled = await settledAttempt(flow, attempt)
  const { id, step, answer } = settled
  if (step === 'completed') return linkedLanding(flow, settled, answer?.receiptId ?? null)
  if (step !== 'pending') throw new RefusalError(knownCode(answer?.code ?? null, 'link_token_invalid'))
  const now = flow.clock.now()
  if (settled.expiresAt <= now) throw new RefusalError('link_expired')
  const { result, kept } = newResult(flow)
  // Claimed by the app in between, or taken back: then there is an answer.
  return (await flow.attempts.renewResult(id, kept.resultHash, now))
    ? resultLanding(flow, result)
    : await repeatAnswer(flow, settled)
}

/** A refusal is final. After any other error the attempt stays as it is, so that its grant is found and taken back. */
export const untilRefused = async <Answer>(flow: LinkFlow, { id }: LinkAttempt, work: () => Promise<Answer>) => {
  try {
    return await work()
  } catch (error) {
    if (error instanceof RefusalError) {
      await flow.attempts.finish(id, { code: error.code, receiptId: null }, flow.clock.now())
    }
    throw error
  }
}
