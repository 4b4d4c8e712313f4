import { type Workout, type WorkoutPage, type WorkoutsQuery, workoutsQuerySchema } from '@slipstream/contracts'
import { sha256 } from '@slipstream/runtime'
import type { Request, Response } from 'express'
import { decodeCursor, encodeCursor } from '../domain/cursor.ts'
import type { Links, Workouts } from '../domain/ports.ts'
import { RefusalError } from '../domain/refusal.ts'
import { readId, readQuery } from '../http/read.ts'
import type { AthleteRoute } from '../http/route.ts'

export interface WorkoutsDeps {
  links: Pick<Links, 'ofAthlete'>
  workouts: Workouts
}

export type ReadWorkouts = (athleteId: string, query: WorkoutsQuery) => Promise<WorkoutPage>

const dateOf = (text: string | undefined): Date | null => (text === undefined ? null : new Date(text))

/** Newest first; an athlete without a link has none, as unlinking erases them. */
export const createWorkoutsReader =
  ({ links, workouts }: WorkoutsDeps): ReadWorkouts =>
  async (athleteId, { from, to, sportType, limit, cursor }) => {
    const after = cursor === undefined ? null : decodeCursor(cursor)
    const link = await links.ofAthlete(athleteId)
    if (!link) return { items: [], nextCursor: null }
    const found = await workouts.list({
      linkId: link.linkId,
      from: dateOf(from),
      to: dateOf(to),
      sportType: sportType ?? null,
      after,
      // One more than asked for tells whether there is a next page.
      limit: limit + 1,
    })
    const items = found.slice(0, limit)
    const last = found.length > limit ? items.at(-1) : undefined
    return { items, nextCursor: last ? encodeCursor({ at: new Date(last.startedAt), id: last.id }) : null }
  }

/** In the order of the alphabet, so that the same workouts give the same answer. */
export const createSportsReader =
  ({ links, workouts }: WorkoutsDeps) =>
  async (athleteId: string): Promise<string[]> => {
    const link = await links.ofAthlete(athleteId)
    return link ? (await workouts.sportTypes(link.linkId)).toSorted() : []
  }

/**
 * Answers 304 when the caller already has this very content. Weak: the bytes may be compressed on the way. Compared
 * here, as Express would not: `fetch` sends `Cache-Control: no-cache` along with every If-None-Match of a program.
 */
const sendTagged = (request: Request, response: Response, body: Workout | WorkoutPage): void => {
  const text = JSON.stringify(body)
  const etag = `W/"${sha256(text).slice(0, 32)}"`
  response.set('ETag', etag)
  const held = (request.get('If-None-Match') ?? '').split(',').map((tag) => tag.trim())
  if (held.includes(etag)) response.status(304).end()
  else response.type('json').send(text)
}

export const workoutRoutes = (deps: WorkoutsDeps, readWorkouts: ReadWorkouts): AthleteRoute[] => [
  {
    method: 'get',
    path: '/api/v1/workouts',
    access: 'athlete',
    handle: async (request, response, { athleteId }) => {
      sendTagged(request, response, await readWorkouts(athleteId, readQuery(workoutsQuerySchema, request)))
    },
  },
  {
    method: 'get',
    path: '/api/v1/workouts/:id',
    access: 'athlete',
    handle: async (request, response, { athleteId }) => {
      const workoutId = readId(request)
      const link = await deps.links.ofAthlete(athleteId)
      const workout = link && (await deps.workouts.find(link.linkId, workoutId))
      if (!workout) throw new RefusalError('not_found')
      sendTagged(request, response, workout)
    },
  },
]
