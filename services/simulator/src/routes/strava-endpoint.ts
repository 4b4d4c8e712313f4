import { setTimeout as delay } from 'node:timers/promises'
import type { Clock } from '@slipstream/runtime'
import type { Request, RequestHandler, Response } from 'express'
import { type Athlete, findAthlete } from '../domain/athletes.ts'
import { type EndpointName, type FaultEffect, hasEffect, type Moment } from '../domain/fault-rules.ts'
import { canReadActivities } from '../domain/grants.ts'
import { rateHeaders } from '../domain/quota.ts'
import { faultForStatus, refusals } from '../domain/strava-fault.ts'
import type { Facts } from '../facts.ts'
import type { CallLog } from '../state/call-log.ts'
import type { GrantBook } from '../state/grant-book.ts'
import type { HeldCalls } from '../state/held-calls.ts'
import type { QuotaMeter } from '../state/quota-meter.ts'
import type { Switches } from '../state/switches.ts'
import { type Answer, json, maintenanceText, nothing, proxyPage, refuse, send, sendHalf } from './answer.ts'

/**
 * Every simulated Strava endpoint goes through here, in this order: latency, cut connection, inactive application, the
 * caller's token, quota, forced status, scope, the endpoint's own work. Now the call is logged, once, with its outcome;
 * what was made can still be late or lost.
 */
export interface EndpointDeps {
  readonly clock: Clock
  readonly switches: Switches
  readonly quota: QuotaMeter
  readonly grants: GrantBook
  readonly calls: CallLog
  readonly held: HeldCalls
  readonly facts: Facts
}

interface Caller {
  readonly athlete: Athlete
  readonly scopes: readonly string[]
}

type Verdict = { readonly answer: Answer; readonly headers?: Readonly<Record<string, string>> }

const forcedAnswer = (effects: readonly FaultEffect[], when: Moment): Answer | null => {
  const forced = effects.find((effect) => effect.kind === 'status' && effect.when === when)
  if (forced?.kind !== 'status') return null
  switch (forced.body) {
    case 'fault':
      return refuse(faultForStatus(forced.status))
    case 'html':
      return proxyPage(forced.status)
    case 'text':
      return maintenanceText(forced.status)
    case 'empty_object':
      return json(forced.status, {})
    case 'empty':
      return nothing(forced.status)
  }
}

const latencyMsOf = (effects: readonly FaultEffect[], when: Moment): number =>
  effects.reduce((sum, effect) => sum + (effect.kind === 'latency' && effect.when === when ? effect.latencyMs : 0), 0)

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
    const keepWaiting = async (when: Moment, usualMs = 0) => {
      const waitMs = usualMs + latencyMsOf(effects, when)
      if (waitMs > 0) await delay(waitMs, undefined, { ref: false })
      if (effects.some((effect) => effect.kind === 'hold' && effect.when === when)) {
        await deps.held.hold({ endpoint, account: athlete?.account ?? null, when })
      }
    }
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

    await keepWaiting('before_work', deps.switches.latencyMs())
    if (hasEffect(effects, 'cut')) {
      finish(0)
      response.destroy()
      return
    }
    const made: Verdict = hasEffect(effects, 'app_inactive')
      ? { answer: refuse(refusals.appInactive) }
      : await work(effects)
    const answer = forcedAnswer(effects, 'after_work') ?? made.answer
    const date = deps.clock.now().toUTCString()
    const headers = { ...made.headers, date }
    const isLost = hasEffect(effects, 'drop_response')
    const half = effects.find((effect) => effect.kind === 'half_answer')
    finish(isLost || half?.ending === 'cut' ? 0 : answer.status)
    await keepWaiting('after_work')
    if (isLost) response.destroy()
    else if (half) sendHalf(response, answer, headers, half.ending)
    else send(response, answer, headers)
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
        work: (request: Request, effects: readonly FaultEffect[]) => Promise<Answer> | Answer,
        athleteOf: (request: Request) => Athlete | null = () => null,
      ): RequestHandler =>
      (request, response) =>
        run(request, response, endpointOf(request), athleteOf(request), async (effects) => {
          if (hasEffect(effects, 'wrong_client_secret')) return { answer: refuse(refusals.wrongClientSecret) }
          return { answer: forcedAnswer(effects, 'before_work') ?? (await work(request, effects)) }
        }),

    /** For calls with an athlete's bearer token. */
    athlete:
      (
        endpoint: EndpointName,
        needsActivities: boolean,
        work: (request: Request, caller: Caller, effects: readonly FaultEffect[]) => Answer,
      ): RequestHandler =>
      (request, response) => {
        const athlete = bearerCaller(request)?.athlete ?? null
        return run(request, response, endpoint, athlete, (effects) => {
          // Asked again: the token may have died while the call was under way.
          const caller = bearerCaller(request)
          if (!caller || hasEffect(effects, 'token_dead')) return { answer: refuse(refusals.accessToken) }
          if (hasEffect(effects, 'endpoint_closed')) return { answer: refuse(refusals.endpointClosed) }
          const refusedBy = deps.quota.count()
          const headers = headersNow(effects)
          if (refusedBy) return { answer: refuse(refusals.rateLimited(refusedBy)), headers }
          const forced = forcedAnswer(effects, 'before_work')
          if (forced) return { answer: forced, headers }
          if (needsActivities && (!canReadActivities(caller.scopes) || hasEffect(effects, 'scope_missing'))) {
            return { answer: refuse(refusals.scopeMissing('activity:read')), headers }
          }
          return { answer: work(request, caller, effects), headers }
        })
      },
  }
}

export type Endpoints = ReturnType<typeof createEndpoints>
