import type { Request, Response } from 'express'
import type { Caller } from '../domain/model.ts'

interface RouteBase {
  method: 'get' | 'post' | 'put' | 'delete'
  /** Express pattern; also the `route` label of the request metric, so the set is closed. */
  path: string
}

export interface PublicRoute extends RouteBase {
  access: 'public'
  handle(request: Request, response: Response): Promise<void> | void
}

/** Needs a valid access token. */
export interface AthleteRoute extends RouteBase {
  access: 'athlete'
  handle(request: Request, response: Response, caller: Caller): Promise<void>
}

export type Route = PublicRoute | AthleteRoute
