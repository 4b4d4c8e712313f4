import type { LinkRow } from '@slipstream/records'
import { newId } from '@slipstream/runtime'

/** The row of an active link, as the gateway makes it. */
export const linkRow = (changes: Partial<LinkRow> = {}): LinkRow => {
  const now = new Date()
  return {
    _id: newId('link'),
    athleteId: newId('athlete'),
    stravaAthleteId: newId('strava'),
    displayName: '',
    status: 'active',
    statusSince: now,
    errorCode: null,
    scopes: ['read', 'activity:read_all'],
    linkedAt: now,
    manualSync: null,
    outbox: [],
    ...changes,
  }
}
