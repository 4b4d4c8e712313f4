import { z } from 'zod'
import { idSchema, optionalText } from './lenient.ts'

/** The Strava account behind a token. `displayName` is null when the athlete shows no name. */
export interface StravaAthlete {
  stravaAthleteId: string
  displayName: string | null
}

/** What is kept of Strava's athlete. Reading its own output again changes nothing. */
export const athleteSchema = z.object({ id: idSchema, firstname: optionalText, lastname: optionalText })

export const toAthlete = ({ id, firstname, lastname }: z.output<typeof athleteSchema>): StravaAthlete => ({
  stravaAthleteId: id,
  displayName: [firstname, lastname].filter((name) => name !== null).join(' ') || null,
})
