import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@slipstream/runtime'
import type { Request, RequestHandler, Response } from 'express'
import { type Athlete, findAthlete } from '../domain/athletes.ts'
import type { EndpointName, FaultEffect } from '../domain/fault-rules.ts'
import { canReadActivities } from '../domain/grants.ts'
import { rateHeaders } from '../domain/quota.ts'
import { faultForStatus, refusals } from '../domain/strava-fault.ts'
import type { Facts } from '../facts.ts'
import type { CallLog } from '../state/call-log.ts'
import type { GrantBook } from '../state/grant-book.ts'
import type { QuotaMeter } from '../state/quota-meter.ts'
import type { Switches } from '../state/switches.ts'
import { type Answer, nothing, proxyPage, refuse, send } from './answer.ts'

/**
 * Every simulated Strava endpoint goes through here, in this order: latency, cut connection, inactive application, the
 * caller's token, quota, forced status, scope, the endpoint's own work, lost response. Each call is logged once.
 */
export interface EndpointDeps {
  readonly clock: Clock
  readonly switches: Switches
  readonly quota: QuotaMeter
  readonly grants: GrantBook
  readonly calls: CallLog
  readonly facts: Facts
}

interface Caller {
  readonly athlete: Athlete
  readonly scopes: readonly string[]
}

type Verdict = { readonly answer: Answer; readonly headers?: Readonly<Record<string, string>> }

const has = (effects: readonly FaultEffect[], kind: FaultEffect['kind']): boolean =>
  effects.some((effect) => effect.kind === kind)

const forcedAnswer = (effects: readonly FaultEffect[]): Answer | null => {
  const forced = effects.find((effect) => effect.kind === 'status')
  if (!forced) return null
  if (forced.body === 'empty') return nothing(forced.status)
  return forced.body === 'html' ? proxyPage(forced.status) : refuse(faultForStatus(forced.status))
}

/** Secrets and tokens never reach the log: only these parameters do. */
const loggedParameters = ['before', 'after', 'page', 'per_page']

const loggedQuery = (request: Request): Record<string, string> =>
  Object.fromEntries(
    loggedParameters.flatMap((name) =>
      request.query[name] === undefined ? [] : [[name, String(request.query[name])]],
    ),
  )

export const createEndpoints = (deps: EndpointDeps) => {
  const run = async (
    request: Request,
    response: Response,
    endpoint: EndpointName,
    athlete: Athlete | null,
    work: (effects: readonly FaultEffect[]) => Promise<Verdict> | Verdict,
  ) => {
    const effects = deps.switches.take({ endpoint, athlete })
    const extraMs = effects.reduce((sum, effect) => sum + (effect.kind === 'latency' ? effect.latencyMs : 0), 0)
    const waitMs = deps.switches.latencyMs() + extraMs
    if (waitMs > 0) await delay(waitMs, undefined, { ref: false })
    const finish = (status: number) => {
      const call = {
        at: deps.clock.now().toISOString(),
        endpoint,
        method: request.method,
        path: request.baseUrl + request.path,
        query: loggedQuery(request),
        stravaAthleteId: athlete?.stravaAthleteId ?? null,
        account: athlete?.account ?? null,
        status,
      }
      deps.calls.add(call)
      deps.facts.stravaCalled(call)
    }
    if (has(effects, 'cut')) {
      finish(0)
      response.destroy()
      return
    }
    const { answer, headers } = has(effects, 'app_inactive')
      ? { answer: refuse(refusals.appInactive), headers: {} }
      : await work(effects)
    if (has(effects, 'drop_response')) {
      finish(0)
      response.destroy()
      return
    }
    finish(answer.status)
    send(response, answer, { ...headers, date: deps.clock.now().toUTCString() })
  }

  const bearerCaller = (request: Request): Caller | null => {
    const [, token] = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '') ?? []
    const held = token === undefined ? null : deps.grants.byAccessToken(token)
    const athlete = held ? findAthlete(String(held.athleteId)) : undefined
    return held && athlete ? { athlete, scopes: held.scopes } : null
  }

  const headersNow = (effects: readonly FaultEffect[]) => {
    const forced = effects.find((effect) => effect.kind === 'rate_headers')
    return rateHeaders(
      deps.quota.usage(),
      deps.quota.limits(),
      forced ? forced.mode : deps.switches.behaviour().rateHeaders,
    )
  }

  return {
    /** For calls with the application's own credentials, which are outside the quota and carry no rate headers. */
    application:
      (
        endpointOf: (request: Request) => EndpointName,
        work: (request: Request) => Promise<Answer> | Answer,
        athleteOf: (request: Request) => Athlete | null = () => null,
      ): RequestHandler =>
      (request, response) =>
        run(request, response, endpointOf(request), athleteOf(request), async (effects) => {
          if (has(effects, 'wrong_client_secret')) return { answer: refuse(refusals.wrongClientSecret) }
          return { answer: forcedAnswer(effects) ?? (await work(request)) }
        }),

    /** For calls with an athlete's bearer token. */
    athlete:
      (
        endpoint: EndpointName,
        needsActivities: boolean,
        work: (request: Request, caller: Caller) => Answer,
      ): RequestHandler =>
      (request, response) => {
        const caller = bearerCaller(request)
        return run(request, response, endpoint, caller?.athlete ?? null, (effects) => {
          if (!caller || has(effects, 'token_dead')) return { answer: refuse(refusals.accessToken) }
          const refusedBy = deps.quota.count()
          const headers = headersNow(effects)
          if (refusedBy) return { answer: refuse(refusals.rateLimited(refusedBy)), headers }
          const forced = forcedAnswer(effects)
          if (forced) return { answer: forced, headers }
          if (needsActivities && (!canReadActivities(caller.scopes) || has(effects, 'scope_missing'))) {
            return { answer: refuse(refusals.scopeMissing('activity:read')), headers }
          }
          return { answer: work(request, caller), headers }
        })
      },
  }
}

export type Endpoints = ReturnType<typeof createEndpoints>
