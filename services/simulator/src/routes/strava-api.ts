import { type Request, Router } from 'express'
import { activityDetail } from '../domain/activity-detail.ts'
import { hasEffect } from '../domain/fault-rules.ts'
import { canReadOnlyMe } from '../domain/grants.ts'
import { listPage, maxPerPage } from '../domain/listing.ts'
import { refusals, type StravaFault } from '../domain/strava-fault.ts'
import type { ActivityBook } from '../state/activity-book.ts'
import type { Switches } from '../state/switches.ts'
import { json, refuse } from './answer.ts'
import { detailedAthlete, summaryAthlete } from './athlete-shape.ts'
import type { Endpoints } from './strava-endpoint.ts'

interface ListParameters {
  readonly before: number | undefined
  readonly after: number | undefined
  readonly page: number
  readonly perPage: number
}

const wholeNumber = (value: unknown): number | undefined =>
  typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : undefined

const listParameters = (query: Request['query']): ListParameters | StravaFault => {
  for (const field of ['before', 'after']) {
    if (query[field] !== undefined && wholeNumber(query[field]) === undefined) return refusals.timeFilter(field)
  }
  const page = query.page === undefined ? 1 : wholeNumber(query.page)
  const perPage = query.per_page === undefined ? 30 : wholeNumber(query.per_page)
  if (page === undefined || page < 1) return refusals.pageNumber
  if (perPage === undefined || perPage < 1 || perPage > maxPerPage) return refusals.pageLength
  return { before: wholeNumber(query.before), after: wholeNumber(query.after), page, perPage }
}

/** The athlete's own reads under `/api/v3`. */
export const stravaApiRoutes = (deps: {
  readonly activities: ActivityBook
  readonly switches: Switches
  readonly endpoints: Endpoints
}): Router => {
  const router = Router()

  router.get(
    '/athlete',
    deps.endpoints.athlete('athlete', false, (_request, { athlete, scopes }) =>
      json(200, scopes.includes('profile:read_all') ? detailedAthlete(athlete) : summaryAthlete(athlete)),
    ),
  )

  router.get(
    '/athlete/activities',
    deps.endpoints.athlete('activities', true, (request, { athlete, scopes }, effects) => {
      const parameters = listParameters(request.query)
      if ('status' in parameters) return refuse(parameters)
      const { shortPages, listedBy } = deps.switches.behaviour()
      const leftOut = effects.flatMap((effect) => (effect.kind === 'left_out' ? effect.activityId : []))
      const listed = deps.activities
        .of(athlete.stravaAthleteId)
        .filter(({ id }) => !deps.activities.isHidden(id) && !leftOut.includes(id))
      return json(
        200,
        listPage(listed, {
          ...parameters,
          ...(hasEffect(effects, 'same_page') ? { page: 1, before: undefined } : {}),
          includeOnlyMe: canReadOnlyMe(scopes),
          shortPages,
          listedBy,
        }).map(deps.activities.shown),
      )
    }),
  )

  router.get(
    '/activities/:id',
    deps.endpoints.athlete('activity', true, (request, { athlete, scopes }) => {
      const activity = deps.activities.find(Number(request.params.id))
      const visible =
        activity?.athlete.id === athlete.stravaAthleteId &&
        !deps.activities.isHidden(activity.id) &&
        (activity.visibility !== 'only_me' || canReadOnlyMe(scopes))
      return activity && visible
        ? json(200, deps.activities.shown(activityDetail(activity)))
        : refuse(refusals.activityNotFound)
    }),
  )

  return router
}
