import { type ErrorCode, errorCatalogue, errorCodes } from '@slipstream/contracts'
import type { Request, Response } from 'express'
import { RefusalError } from '../domain/refusal.ts'
import type { UnguardedRoute } from '../http/route.ts'
import type { SecurityHeaders } from '../http/security-headers.ts'
import { errorIndexPage, errorPage } from '../pages/error-pages.ts'

export interface ErrorsDeps {
  headers: Pick<SecurityHeaders, 'docs'>
}

const isCode = (text: unknown): text is ErrorCode => errorCodes.some((code) => code === text)

const entryOf = (code: ErrorCode) => ({ code, ...errorCatalogue[code] })

/** What problem documents point to with their `type`: words for a person, JSON for a program that asks for it. */
export const errorRoutes = ({ headers }: ErrorsDeps): UnguardedRoute[] => {
  const answer = (request: Request, response: Response, as: { page(): string; json(): object }): void => {
    response.vary('Accept')
    if (request.accepts(['html', 'json']) === 'json') {
      response.json(as.json())
      return
    }
    headers.docs(request, response, () => response.type('html').send(as.page()))
  }
  return [
    {
      method: 'get',
      path: '/errors',
      access: 'unguarded',
      handle: (request, response) =>
        answer(request, response, { page: errorIndexPage, json: () => ({ items: errorCodes.map(entryOf) }) }),
    },
    {
      method: 'get',
      path: '/errors/:code',
      access: 'unguarded',
      handle: (request, response) => {
        const { code } = request.params
        if (!isCode(code)) throw new RefusalError('not_found')
        answer(request, response, { page: () => errorPage(code), json: () => entryOf(code) })
      },
    },
  ]
}
