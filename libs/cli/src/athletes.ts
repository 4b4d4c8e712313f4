import type { Collections } from '@slipstream/persistence'
import type { LinkRow } from '@slipstream/records'

/** Nobody is known by what was given: neither as an athlete, nor as a link or a Strava account. */
export class UnknownAthleteError extends Error {
  override readonly name = 'UnknownAthleteError'
  readonly code = 'athlete_unknown'

  constructor(reference: string) {
    super(`no link belongs to ${reference}: it is looked for as an athleteId, a linkId and a Strava athlete id`)
  }
}

/** Support knows people by one id or another. @throws UnknownAthleteError */
export const findLink = async (
  { links }: Pick<Collections<'operator'>, 'links'>,
  reference: string,
): Promise<LinkRow> => {
  const found = await links
    .findOne({ $or: [{ _id: reference }, { athleteId: reference }, { stravaAthleteId: reference }] })
    .lean<LinkRow>()
  if (!found) throw new UnknownAthleteError(reference)
  return found
}
