import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import compression from 'compression'
import express, { type Request, type RequestHandler, Router } from 'express'
import { isElsewhere } from '../domain/home.ts'
import { markRoute } from '../http/observe.ts'
import type { SecurityHeaders } from '../http/security-headers.ts'
import { startPage } from './start-page.ts'

const ownFolder = import.meta.dirname
const swaggerFolder = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')))

/** Where `npm run build` puts the page. */
export const builtPageFolder = join(ownFolder, '../../dist')

/** Where `npm run build` puts the documents. */
export const builtDocsFolder = join(ownFolder, '../../../../docs/dist')

const notBuilt = `The web page is not built yet. Build it with

  npm run build

and load this address again. The API works without it: /docs/api/ describes it.
`

const docsNotBuilt = `The documents are not built yet. Build them with

  npm run build

and load this address again. They can be read in the folder docs, too; /docs/api/ describes the API.
`

/** Built assets carry a hash in their name and may be kept for ever; all else is asked for again each time. */
const filesOf = (folder: string, cacheControl: string, options: { redirect?: true } = {}): RequestHandler =>
  express.static(folder, {
    cacheControl: false,
    // A part of a compressed file would not be the part that was asked for.
    acceptRanges: false,
    redirect: false,
    ...options,
    setHeaders: (response) => response.setHeader('Cache-Control', cacheControl),
  })

const routeAs =
  (route: string): RequestHandler =>
  (_request, response, next) => {
    markRoute(response, route)
    next()
  }

const apiDocsFiles = {
  '/docs/api': join(ownFolder, 'docs.html'),
  '/docs/api/look.css': fileURLToPath(import.meta.resolve('@slipstream/runtime/look.css')),
  '/docs/api/pages.css': join(ownFolder, 'pages.css'),
  '/docs/api/init.js': join(ownFolder, 'docs-init.js'),
  '/docs/api/swagger-ui.css': join(swaggerFolder, 'swagger-ui.css'),
  '/docs/api/swagger-ui-bundle.js': join(swaggerFolder, 'swagger-ui-bundle.js'),
}

/** Some systems give the machine's own name an address in the loopback network other than the one it calls from. */
const loopbackAddress = /^(::1|(::ffff:)?127\..*)$/

const isSameMachine = ({ socket: { remoteAddress = '', localAddress } }: Request): boolean =>
  remoteAddress === localAddress || loopbackAddress.test(remoteAddress)

/** Nothing of the request goes into the answer: neither its `Host` nor its query. */
const leadHome =
  (publicUrl: string): RequestHandler =>
  (request, response, next) => {
    const visit = { host: request.headers.host, isSameMachine: isSameMachine(request) }
    if (request.method === 'GET' && isElsewhere(publicUrl, visit)) {
      response.set('Cache-Control', 'no-store').redirect(307, `${publicUrl}/`)
    } else next()
  }

export interface FilesOptions {
  headers: SecurityHeaders
  pageFolder: string
  docsFolder: string
  publicUrl: string
  /** What the page needs to know before sign-in. */
  pageConfig: object
}

/**
 * The web page at `/`, the documents at `/docs` and the API's at `/docs/api`; nothing of either comes from another host. These files are
 * compressed, and nothing else is: they are the same for everybody, whereas an answer of the API that holds a secret beside
 * something the caller sent would give the secret away by its length (BREACH).
 */
export const createFiles = ({
  headers,
  pageFolder,
  docsFolder,
  publicUrl,
  pageConfig,
}: FilesOptions): RequestHandler => {
  const router = Router()
  const compress = compression()
  for (const [path, file] of Object.entries(apiDocsFiles)) {
    router.get(path, routeAs('/docs'), compress, headers.docs, (_request, response, next) => {
      response.set('Cache-Control', 'no-cache')
      response.sendFile(file, { cacheControl: false, acceptRanges: false }, (error) => error && next(error))
    })
  }
  const docs = filesOf(docsFolder, 'no-cache', { redirect: true })
  router.use('/docs', routeAs('/docs'), compress, headers.docs, docs)
  router.get('/docs', (_request, response) => {
    response.status(503).type('text/plain').send(docsNotBuilt)
  })
  router.get(/^\/llms(-full)?\.txt$/, routeAs('/docs'), compress, headers.docs, docs)
  const immutable = filesOf(join(pageFolder, 'assets'), 'public, max-age=31536000, immutable')
  router.use('/assets', routeAs('/assets'), compress, headers.page, immutable)
  router.get(
    '/',
    routeAs('/'),
    leadHome(publicUrl),
    compress,
    headers.page,
    startPage(pageFolder, pageConfig),
    (_request, response) => {
      response.status(503).type('text/plain').send(notBuilt)
    },
  )
  return router
}
