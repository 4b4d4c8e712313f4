import { type LinkTokenRequest, linkTokenRequestSchema } from '@slipstream/contracts'
import { newOneTimeSecret, sha256 } from '@slipstream/runtime'
import type { Request, Response } from 'express'
import type { Caller } from '../domain/model.ts'
import { RefusalError } from '../domain/refusal.ts'
import { readBody } from '../http/read.ts'
import type { AthleteRoute } from '../http/route.ts'
import { giveSecret, ownSecret, transactionSecretOf } from './browser-secrets.ts'
import { type LinkFlow, lifetimes, secondsLater } from './link-flow.ts'

const hasProfile = async ({ profiles, settings }: LinkFlow, caller: Caller): Promise<boolean> => {
  if (settings.profileGate === 'off') return true
  if (settings.profileGate === 'claim') return caller.profileClaimed
  return (await profiles.find(caller.athleteId)) !== null
}

/** Others who have consented, and have no link of it yet: Strava counts them, whether they come back or not. */
const countWaiting = async ({ attempts, links }: LinkFlow, athleteId: string): Promise<number> => {
  const waiting = await attempts.othersWithGrantWaiting(athleteId)
  const theirLinks = await Promise.all(waiting.map((one) => links.ofAthlete(one)))
  return theirLinks.filter((link) => link === null).length
}

/**
 * An athlete who has a link keeps the place, and one whose own unlink is still to be revoked gets it back. Two at the same
 * moment may pass: then Strava's own limit decides.
 */
const hasPlace = async (flow: LinkFlow, { athleteId }: Caller): Promise<boolean> => {
  const { links, vault, settings } = flow
  if (settings.athleteLimit === null || (await links.ofAthlete(athleteId))) return true
  const [linked, unheld, waiting] = await Promise.all([
    links.count(),
    vault.countUnheld(athleteId),
    countWaiting(flow, athleteId),
  ])
  return linked + unheld + waiting < settings.athleteLimit
}

type Exchange = { request: Request; response: Response }

/** @returns the hash of the browser's secret */
const bindToBrowser = async (flow: LinkFlow, { request, response }: Exchange, athleteId: string): Promise<string> => {
  const own = await ownSecret(flow, request, 'link', athleteId)
  const secret = own ?? newOneTimeSecret()
  giveSecret(flow, response, 'link', secret)
  // Nor may the other secret of whoever had the browser before stay in it.
  if (own === null) giveSecret(flow, response, 'oauth_txn', transactionSecretOf(secret))
  return sha256(secret)
}

const platformFacts = async (flow: LinkFlow, wanted: LinkTokenRequest, exchange: Exchange, athleteId: string) =>
  wanted.platform === 'web'
    ? {
        ...{ browserHash: await bindToBrowser(flow, exchange, athleteId), codeChallenge: null },
        returnTo: wanted.returnTo ?? null,
      }
    : { browserHash: null, codeChallenge: wanted.codeChallenge, returnTo: null }

/** Begins an attempt: hands out the one-time token that opens the way to Strava, once and for two minutes. */
export const linkTokenRoute = (flow: LinkFlow): AthleteRoute => ({
  method: 'post',
  path: '/api/v1/strava/link-token',
  access: 'athlete',
  limited: 'linkToken',
  handle: async (request, response, caller) => {
    const wanted = readBody(linkTokenRequestSchema, request)
    if (!(await hasProfile(flow, caller))) throw new RefusalError('profile_required')
    if (!(await hasPlace(flow, caller))) throw new RefusalError('app_full')

    // Nobody is sent to Strava for a grant that could not be taken up.
    await flow.vault.assertUsable()

    // Now or after the exchange, when it is cancelled: in between it would take the new grant with it.
    await flow.revocations.tryOwed(caller.athleteId)

    const now = flow.clock.now()
    const expiresAt = secondsLater(now, lifetimes.linkTokenSeconds)
    const linkToken = newOneTimeSecret()
    await flow.attempts.issue(
      {
        athleteId: caller.athleteId,
        platform: wanted.platform,
        linkTokenHash: sha256(linkToken),
        ...(await platformFacts(flow, wanted, { request, response }, caller.athleteId)),
        expiresAt,
      },
      now,
    )

    const connectUrl = `${flow.settings.publicUrl}/connect?token=${linkToken}`
    response.status(201).json({ linkToken, connectUrl, expiresAt: expiresAt.toISOString() })
  },
})
