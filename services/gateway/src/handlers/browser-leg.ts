import { errorCatalogue } from '@slipstream/contracts'
import type { Request, Response } from 'express'
import type { LinkAttempt } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import { errorDeepLink, errorPage } from '../domain/return-target.ts'
import { markRoute } from '../http/observe.ts'
import { problemOf } from '../http/problem.ts'
import { appReturnPage } from '../pages/app-return.ts'
import type { LinkFlow } from './link-flow.ts'

/** What is known so far of the attempt a browser comes with; decides where an error is shown. */
export interface Trail {
  attempt: LinkAttempt | null
  /** The attempt had this answer before: it is told again, and counts once. */
  isRepeat: boolean
}

/** Where a browser goes next. A `page` is what it shows if it does not go, or all there is. */
export type Landing = { location: string; page?: string } | { page: string }

/** 303, so that nothing of this request is repeated; no page of ours ever holds the state. */
const land = (response: Response, landing: Landing): void => {
  if ('location' in landing) response.status(303).set('Location', landing.location)
  if (landing.page === undefined) response.end()
  else response.type('html').send(landing.page)
}

const wantsJson = (request: Request): boolean => request.accepts(['html', 'json']) === 'json'

const purposeHeaders = ['sec-purpose', 'purpose', 'x-purpose', 'x-moz'] as const

/** A browser loads the page ahead, in case the person goes there. */
const isLoadedAhead = (request: Request): boolean =>
  purposeHeaders.some((name) => /prefetch|prerender|preview/i.test(request.get(name) ?? ''))

/**
 * A step that a person's browser takes. However it ends the person is led back to the page or the app, with a code of
 * the catalogue; a program that asks for JSON gets the problem document. What no person has asked for reaches no step.
 */
export const browserLeg =
  (flow: LinkFlow, step: (request: Request, response: Response, trail: Trail) => Promise<Landing>) =>
  async (request: Request, response: Response): Promise<void> => {
    // Express lets GET routes answer HEAD; a scanner that looks at a link must not spend it.
    if (request.method === 'HEAD') {
      response.set('Allow', 'GET')
      throw new RefusalError('method_not_allowed')
    }
    // An answer that is no success is thrown away, and the address asked for anew when the person goes there; a 204 would be
    // kept. https://developer.mozilla.org/en-US/docs/Web/HTTP/Reference/Headers/Sec-Purpose
    if (isLoadedAhead(request)) {
      // Nothing has failed: it is not to be counted as a 503 of the step.
      markRoute(response, 'loaded_ahead')
      response.status(503).end()
      return
    }
    const trail: Trail = { attempt: null, isRepeat: false }
    try {
      land(response, await step(request, response, trail))
    } catch (error) {
      const { code } = problemOf(error)
      const { attempt, isRepeat } = trail
      if (!isRepeat) flow.facts.linkRefused({ platform: attempt?.platform ?? 'unknown', code, error })
      if (wantsJson(request)) throw error
      const { webReturnUrl, appDeepLink } = flow.settings
      if (attempt?.platform !== 'mobile') {
        return land(response, { location: errorPage(webReturnUrl, attempt?.returnTo ?? null, code) })
      }
      const location = errorDeepLink(appDeepLink, code)
      const { title, detail } = errorCatalogue[code]
      land(response, { location, page: appReturnPage({ title, text: detail, deepLink: location }) })
    }
  }
