import { SpanKind, withSpan } from '@slipstream/telemetry'
import type { RequestHandler, Response } from 'express'

export interface Answered {
  route: string
  method: string
  status: number
  seconds: number
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])

/** Set by the route that takes the request; the address itself is never a label and never logged. */
export const markRoute = (response: Response, route: string): void => {
  response.locals.route = route
}

/** A stream counts as answered when it begins: how long it then stays open says nothing about speed. */
export const markStreaming = (response: Response): void => {
  response.locals.streamingSince = performance.now()
}

/** A server span around each request, with the caller's `traceparent` as parent, and one `answered` fact at its end. */
export const observe =
  (answered: (fact: Answered) => void): RequestHandler =>
  (request, response, next) => {
    const startedAt = performance.now()
    const parent = request.headers.traceparent
    const options = { kind: SpanKind.SERVER, parent: typeof parent === 'string' ? parent : undefined }
    const method = knownMethods.has(request.method) ? request.method : 'other'
    void withSpan(method, options, async (span) => {
      const closed = new Promise<void>((resolve) => response.once('close', resolve))
      next()
      await closed
      const { route = 'unmatched', streamingSince } = response.locals as { route?: string; streamingSince?: number }
      span.updateName(`${method} ${route}`)
      span.setAttributes({ 'http.route': route, 'http.response.status_code': response.statusCode })
      const endedAt = streamingSince ?? performance.now()
      answered({ route, method, status: response.statusCode, seconds: (endedAt - startedAt) / 1000 })
    })
  }
