import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import express, { type RequestHandler, Router } from 'express'
import { markRoute } from '../http/observe.ts'
import type { SecurityHeaders } from '../http/security-headers.ts'

const ownFolder = import.meta.dirname
const swaggerFolder = dirname(fileURLToPath(import.meta.resolve('swagger-ui-dist/package.json')))

/** Where `npm run build` puts the page. */
export const builtPageFolder = join(ownFolder, '../../dist')

const notBuilt = `The web page is not built yet. Build it with

  npm run build

and load this address again. The API works without it: /docs describes it.
`

/** Built assets carry a hash in their name and may be kept for ever; all else is asked for again each time. */
const filesOf = (folder: string, cacheControl: string): RequestHandler =>
  express.static(folder, {
    cacheControl: false,
    redirect: false,
    setHeaders: (response) => response.setHeader('Cache-Control', cacheControl),
  })

const routeAs =
  (route: string): RequestHandler =>
  (_request, response, next) => {
    markRoute(response, route)
    next()
  }

const docsFiles = {
  '/docs': join(ownFolder, 'docs.html'),
  '/docs/pages.css': join(ownFolder, 'pages.css'),
  '/docs/init.js': join(ownFolder, 'docs-init.js'),
  '/docs/swagger-ui.css': join(swaggerFolder, 'swagger-ui.css'),
  '/docs/swagger-ui-bundle.js': join(swaggerFolder, 'swagger-ui-bundle.js'),
}

/** The web page at `/`, and readable API docs at `/docs`; nothing of either comes from another host. */
export const createFiles = (headers: SecurityHeaders, pageFolder: string): RequestHandler => {
  const router = Router()
  for (const [path, file] of Object.entries(docsFiles)) {
    router.get(path, routeAs('/docs'), headers.docs, (_request, response, next) => {
      response.set('Cache-Control', 'no-cache')
      response.sendFile(file, { cacheControl: false }, (error) => error && next(error))
    })
  }
  const immutable = filesOf(join(pageFolder, 'assets'), 'public, max-age=31536000, immutable')
  router.use('/assets', routeAs('/assets'), headers.page, immutable)
  router.get('/', routeAs('/'), headers.page, filesOf(pageFolder, 'no-cache'), (_request, response) => {
    response.status(503).type('text/plain').send(notBuilt)
  })
  return router
}
