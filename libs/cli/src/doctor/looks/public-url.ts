import { createStravaOAuth } from '@slipstream/strava'
import { z } from 'zod'
import { fetchReason } from '../../fetch-reason.ts'
import type { readStrava } from '../../settings.ts'
import type { PublicUrlFacts } from '../judge/public-url.ts'

const limitMs = 5_000

const documentSchema = z.object({ info: z.object({ title: z.literal('Slipstream API') }) })

export const lookAtPublicUrl = async (publicUrl: string): Promise<PublicUrlFacts['reach']> => {
  try {
    const response = await fetch(`${publicUrl}/openapi.json`, { signal: AbortSignal.timeout(limitMs) })
    const text = await response.text()
    return { kind: isOurs(text) ? 'gateway' : 'other' }
  } catch (error) {
    return { kind: 'away', reason: fetchReason(error) }
  }
}

const isOurs = (text: string): boolean => {
  try {
    return documentSchema.safeParse(JSON.parse(text)).success
  } catch {
    return false
  }
}

const faultSchema = z.object({ errors: z.array(z.object({ field: z.string() })) })

/**
 * Comes to Strava's consent page as a visitor would who has not signed in: a callback address outside the app's domain is refused
 * there at once, and nothing is begun. https://github.com/endurain-project/endurain/issues/43 shows the answer.
 */
export const lookAtCallback = async (
  publicUrl: string,
  settings: ReturnType<typeof readStrava>,
): Promise<PublicUrlFacts['callback']> => {
  const oauth = createStravaOAuth({
    clientId: settings.STRAVA_CLIENT_ID,
    clientSecret: settings.STRAVA_CLIENT_SECRET,
    baseUrl: settings.STRAVA_OAUTH_BASE_URL,
    redirectUri: `${publicUrl}/callback`,
  })
  const scopes = ['read', 'activity:read_all']
  const url = oauth.authorizeUrl({ platform: 'web', state: 'doctor', scopes, isConsentForced: true })
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(limitMs) })
    if (response.status < 400) return 'taken'
    const fault = faultSchema.safeParse(await response.json())
    const fields = fault.data?.errors.map(({ field }) => field) ?? []
    if (fields.includes('redirect_uri')) return 'redirect_uri_refused'
    return fields.includes('client_id') ? 'client_refused' : null
  } catch {
    // That Strava cannot be reached is told by the check of the app.
    return null
  }
}
