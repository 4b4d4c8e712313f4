import type { Request, Response } from 'express'
import type { LimitedWork } from '../domain/limits.ts'
import type { Caller } from '../domain/model.ts'

interface RouteBase {
  method: 'get' | 'post' | 'put' | 'delete'
  /** Express pattern; also the `route` label of the request metric, so the set is closed. */
  path: string
}

/** No caller, no body, no look whether the store is there, no deadline: the handler sees for itself to what it needs. */
export interface UnguardedRoute extends RouteBase {
  access: 'unguarded'
  /** Pages of `CORS_ORIGINS` may call it, as they may the routes for athletes. */
  isForPages?: true
  handle(request: Request, response: Response): Promise<void> | void
}

/** Needs a valid access token. */
export interface AthleteRoute extends RouteBase {
  access: 'athlete'
  /** What it counts as, where asking for it is limited. */
  limited?: LimitedWork
  handle(request: Request, response: Response, caller: Caller): Promise<void>
}

/** Needs an access token with the role `slipstream:operator`. */
export interface OperatorRoute extends Omit<AthleteRoute, 'access' | 'limited'> {
  access: 'operator'
}

export type Route = UnguardedRoute | AthleteRoute | OperatorRoute
