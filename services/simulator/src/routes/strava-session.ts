import type { Request, Response } from 'express'
import { type Athlete, findAthlete } from '../domain/athletes.ts'

/** Who is "logged in to Strava" in this browser. The value is an invented athlete's id, so it needs no signature. */
const sessionCookie = 'simulated_strava_session'

export const signedInAthlete = (request: Request): Athlete | null => {
  const [, id] = new RegExp(`(?:^|; )${sessionCookie}=(\\d+)`).exec(request.headers.cookie ?? '') ?? []
  return (id === undefined ? undefined : findAthlete(id)) ?? null
}

export const signInAthlete = (response: Response, athlete: Athlete): void => {
  response.cookie(sessionCookie, String(athlete.stravaAthleteId), { httpOnly: true, sameSite: 'lax', path: '/oauth' })
}
