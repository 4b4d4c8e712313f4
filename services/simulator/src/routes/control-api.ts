import { type ErrorRequestHandler, type Request, type RequestHandler, Router } from 'express'
import { z } from 'zod'
import type { Control } from '../control.ts'
import {
  activityEditSchema,
  clockAdvanceSchema,
  clockSchema,
  faultsSchema,
  grantSchema,
  latencySchema,
  limitsSchema,
  newActivitySchema,
  tokenRequestSchema,
} from '../control-inputs.ts'
import type { MintToken } from '../issuer/mint-token.ts'
import { UnknownSubjectError } from '../unknown-subject-error.ts'

/**
 * The control surface needs no password, so it answers only a caller that reached it by a name of its own (a foreign
 * page that points its own domain here has another Host) and never a page of another origin.
 */
export const ownHostOnly =
  (publicUrl: string): RequestHandler =>
  (request, response, next) => {
    const hostname = URL.parse(`http://${request.headers.host}`)?.hostname
    const ownNames = ['localhost', '127.0.0.1', '[::1]', new URL(publicUrl).hostname]
    const origin = request.headers.origin
    const sameOrigin = origin === undefined || URL.parse(origin)?.host === request.headers.host
    if (hostname !== undefined && ownNames.includes(hostname) && sameOrigin) return next()
    response
      .status(403)
      .json({ error: 'forbidden', message: 'the control surface answers its own host and origin only' })
  }

const body = <Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> =>
  schema.parse(request.body ?? {})

const athleteOf = (request: Request): string => String(request.params.athlete)
const activityOf = (request: Request): number => Number(request.params.activity)

/** An invalid body names what is wrong with it; an unknown athlete or activity is a 404. */
const controlErrors: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (error instanceof z.ZodError) {
    const problems = error.issues.map(({ path, message }) => ({ path: path.join('.'), message }))
    response.status(400).json({ error: 'invalid_request', problems })
  } else if (error instanceof UnknownSubjectError) {
    response.status(404).json({ error: error.code, message: error.message })
  } else next(error)
}

/** `/control/api`: see the README for each route with an example. */
export const controlApiRoutes = ({ control, mintToken }: { control: Control; mintToken: MintToken }): Router => {
  const router = Router()

  router.get('/athletes', (_request, response) => void response.json(control.athletes()))
  router.post('/athletes/:athlete/activities', (request, response) => {
    response.status(201).json(control.addActivity(athleteOf(request), body(newActivitySchema, request)))
  })
  router.post('/athletes/:athlete/late-upload', (request, response) => {
    response.status(201).json(control.lateUpload(athleteOf(request), body(newActivitySchema, request)))
  })
  router.post('/athletes/:athlete/revoke', (request, response) => {
    response.json({ revoked: control.revoke(athleteOf(request)) })
  })
  router.post('/athletes/:athlete/grant', (request, response) => {
    response.status(201).json(control.grant(athleteOf(request), body(grantSchema, request)))
  })
  router.post('/athletes/:athlete/expire-tokens', (request, response) => {
    control.expireAccessTokens(athleteOf(request))
    response.status(204).end()
  })
  router.patch('/activities/:activity', (request, response) => {
    response.json(control.editActivity(activityOf(request), body(activityEditSchema, request)))
  })
  router.delete('/activities/:activity', (request, response) => {
    control.deleteActivity(activityOf(request))
    response.status(204).end()
  })

  router.get('/clock', (_request, response) => void response.json(control.clock()))
  router.put('/clock', (request, response) => {
    control.setClock(body(clockSchema, request))
    response.json(control.clock())
  })
  router.post('/clock/advance', (request, response) => {
    control.advanceClock(body(clockAdvanceSchema, request).seconds)
    response.json(control.clock())
  })

  router.get('/limits', (_request, response) => void response.json(control.limits()))
  router.put('/limits', (request, response) => {
    control.setLimits(body(limitsSchema, request))
    response.json(control.limits())
  })
  router.get('/faults', (_request, response) => void response.json(control.faults()))
  router.put('/faults', (request, response) => {
    control.setFaults(body(faultsSchema, request))
    response.json(control.faults())
  })
  router.delete('/faults', (_request, response) => {
    control.clearFaults()
    response.json(control.faults())
  })
  router.post('/all-good-again', (_request, response) => {
    control.allGoodAgain()
    response.status(204).end()
  })
  router.get('/held', (_request, response) => void response.json(control.heldCalls()))
  router.post('/held/release', (_request, response) => {
    control.releaseHeld()
    response.status(204).end()
  })
  router.put('/latency', (request, response) => {
    const { latencyMs } = body(latencySchema, request)
    control.setLatency(latencyMs)
    response.json({ latencyMs })
  })
  router.get('/calls', (_request, response) => void response.json(control.calls()))
  router.delete('/calls', (_request, response) => {
    control.clearCalls()
    response.status(204).end()
  })
  router.get('/webhooks', (_request, response) => void response.json(control.webhooks()))
  router.post('/reset', (_request, response) => {
    control.reset()
    response.status(204).end()
  })

  router.post('/tokens', async (request, response) => {
    const asked = tokenRequestSchema.parse({ ...(request.body as object | undefined), ...request.query })
    const minted = await mintToken(asked)
    if (asked.format === 'text') response.type('text/plain').send(minted.accessToken)
    else response.json(minted)
  })

  router.use((_request, response) => void response.status(404).json({ error: 'not_found' }))
  router.use(controlErrors)
  return router
}
