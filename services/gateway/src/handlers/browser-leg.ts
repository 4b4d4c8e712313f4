import type { Request, Response } from 'express'
import type { LinkAttempt } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import { errorDeepLink, errorPage } from '../domain/return-target.ts'
import { problemOf } from '../http/problem.ts'
import type { LinkFlow } from './link-flow.ts'

/** What is known so far of the attempt a browser comes with; decides where an error is shown. */
export interface Trail {
  attempt: LinkAttempt | null
}

/** 303, so that nothing of this request is repeated; only a `Location`, so that no page of ours ever holds the state. */
const redirect = (response: Response, target: string): void => {
  response.status(303).set('Location', target).end()
}

const wantsJson = (request: Request): boolean => request.accepts(['html', 'json']) === 'json'

/**
 * A step that a person's browser takes. However it ends the person is led back to the page or the app, with a code of
 * the catalogue; a program that asks for JSON gets the problem document.
 * @param step resolves to where the browser goes next
 */
export const browserLeg =
  (flow: LinkFlow, step: (request: Request, response: Response, trail: Trail) => Promise<string>) =>
  async (request: Request, response: Response): Promise<void> => {
    // Express lets GET routes answer HEAD; a scanner that looks at a link must not spend it.
    if (request.method === 'HEAD') {
      response.set('Allow', 'GET')
      throw new RefusalError('method_not_allowed')
    }
    const trail: Trail = { attempt: null }
    try {
      redirect(response, await step(request, response, trail))
    } catch (error) {
      const { code } = problemOf(error)
      flow.facts.linkRefused({ platform: trail.attempt?.platform ?? 'unknown', code, error })
      if (wantsJson(request)) throw error
      const { webReturnUrl, appDeepLink } = flow.settings
      redirect(
        response,
        trail.attempt?.platform === 'mobile'
          ? errorDeepLink(appDeepLink, code)
          : errorPage(webReturnUrl, trail.attempt?.returnTo ?? null, code),
      )
    }
  }
