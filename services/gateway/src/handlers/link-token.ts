import { type LinkTokenRequest, linkTokenRequestSchema } from '@slipstream/contracts'
import { newOneTimeSecret, sha256 } from '@slipstream/runtime'
import type { Caller } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import { readBody } from '../http/read.ts'
import type { AthleteRoute } from '../http/route.ts'
import { type LinkFlow, lifetimes, secondsLater } from './link-flow.ts'

/** Name of the cookie that binds a web attempt to the browser that asked for it. */
export const browserCookie = 'link'

const hasProfile = async ({ profiles, settings }: LinkFlow, caller: Caller): Promise<boolean> => {
  if (settings.profileGate === 'off') return true
  if (settings.profileGate === 'claim') return caller.profileClaimed
  return (await profiles.find(caller.athleteId)) !== null
}

/**
 * An athlete who has a link keeps the place, and one whose own unlink is still to be revoked gets it back. Two at the same
 * moment may pass: then Strava's own limit decides.
 */
const hasPlace = async ({ links, vault, settings }: LinkFlow, { athleteId }: Caller): Promise<boolean> => {
  if (settings.athleteLimit === null || (await links.ofAthlete(athleteId))) return true
  const [linked, unheld] = await Promise.all([links.count(), vault.countUnheld(athleteId)])
  return linked + unheld < settings.athleteLimit
}

const platformFacts = (wanted: LinkTokenRequest, browserSecret: string) =>
  wanted.platform === 'web'
    ? { browserHash: sha256(browserSecret), codeChallenge: null, returnTo: wanted.returnTo ?? null }
    : { browserHash: null, codeChallenge: wanted.codeChallenge, returnTo: null }

/** Begins an attempt: hands out the one-time token that opens the way to Strava, once and for two minutes. */
export const linkTokenRoute = (flow: LinkFlow): AthleteRoute => ({
  method: 'post',
  path: '/api/v1/strava/link-token',
  access: 'athlete',
  handle: async (request, response, caller) => {
    const wanted = readBody(linkTokenRequestSchema, request)
    if (!(await hasProfile(flow, caller))) throw new RefusalError('profile_required')
    if (!(await hasPlace(flow, caller))) throw new RefusalError('app_full')

    // Now or after the exchange, when it is cancelled: in between it would take the new grant with it.
    await flow.revocations.tryOwed(caller.athleteId)

    const now = flow.clock.now()
    const expiresAt = secondsLater(now, lifetimes.linkTokenSeconds)
    const linkToken = newOneTimeSecret()
    const browserSecret = newOneTimeSecret()
    await flow.attempts.issue(
      {
        athleteId: caller.athleteId,
        platform: wanted.platform,
        linkTokenHash: sha256(linkToken),
        ...platformFacts(wanted, browserSecret),
        expiresAt,
      },
      now,
    )

    if (wanted.platform === 'web') {
      flow.cookies.set(response, browserCookie, browserSecret, lifetimes.linkTokenSeconds)
    }
    const connectUrl = `${flow.settings.publicUrl}/connect?token=${linkToken}`
    response.status(201).json({ linkToken, connectUrl, expiresAt: expiresAt.toISOString() })
  },
})
