import type { RequestHandler } from 'express'
import helmet from 'helmet'

type Directives = Record<string, string[]>

const closed: Directives = { 'default-src': ["'none'"], 'frame-ancestors': ["'none'"], 'base-uri': ["'none'"] }

const headersWith = (isHttps: boolean, directives: Directives): RequestHandler =>
  helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { ...closed, ...directives } },
    referrerPolicy: { policy: 'no-referrer' },
    crossOriginOpenerPolicy: { policy: 'same-origin' },
    crossOriginResourcePolicy: { policy: 'same-origin' },
    strictTransportSecurity: isHttps && { maxAge: 31_536_000, includeSubDomains: true },
    xFrameOptions: { action: 'deny' },
  })

export interface SecurityHeaders {
  /** JSON, redirects and errors: nothing may be loaded or framed; nothing may be kept by a cache. */
  api: RequestHandler
  /** The web page: its own files, this API, and the issuer it signs in at. */
  page: RequestHandler
  /** The documents, and pages about errors: files of this gateway alone. Swagger UI draws images from data addresses. */
  docs: RequestHandler
}

export const createSecurityHeaders = (options: {
  publicUrl: string
  issuer: string
  /** Address or path of the one image that may come from elsewhere. */
  buttonImage: string | null
}): SecurityHeaders => {
  const imageOrigin = options.buttonImage?.startsWith('https:') ? [new URL(options.buttonImage).origin] : []
  const isHttps = options.publicUrl.startsWith('https:')
  const apiHeaders = headersWith(isHttps, { 'form-action': ["'none'"] })
  return {
    api: (request, response, next) => {
      response.set('Cache-Control', 'no-store')
      apiHeaders(request, response, next)
    },
    page: headersWith(isHttps, {
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'connect-src': ["'self'", new URL(options.issuer).origin],
      'img-src': ["'self'", 'data:', ...imageOrigin],
      'form-action': ["'self'"],
    }),
    docs: headersWith(isHttps, {
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'connect-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'form-action': ["'none'"],
    }),
  }
}
