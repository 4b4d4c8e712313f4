import { createHash, timingSafeEqual } from 'node:crypto'
import type { ErrorCode, LinkTokenRequest } from '@slipstream/contracts'
import { newEvent } from '@slipstream/messaging'
import type { Clock, NewId } from '@slipstream/runtime'
import type { StravaGrant, StravaOAuth } from '@slipstream/strava'
import type { GrantVault } from '@slipstream/vault'
import type { Link, LinkedEvent, UnlinkReceipt } from '../domain/model.ts'
import type { GrantProof, LinkAttempts, Links, Profiles, Receipts } from '../domain/ports.ts'
import type { Cookies } from '../http/cookies.ts'
import type { Revocations } from '../sweeps/revocations.ts'

/** Where the people of a linking attempt come from; `unknown` when no attempt was found. */
export type LinkPlatform = LinkTokenRequest['platform'] | 'unknown'

/** What the steps of linking share. */
export interface LinkFlow {
  attempts: LinkAttempts
  links: Links
  profiles: Profiles
  receipts: Pick<Receipts, 'endOf' | 'open'>
  vault: Pick<
    GrantVault,
    'assertUsable' | 'begin' | 'handOver' | 'activate' | 'isActive' | 'end' | 'waitForRevocation' | 'countUnheld'
  >
  revocations: Pick<Revocations, 'begin' | 'end' | 'tryOwed'>
  proof: GrantProof
  /** Removes a link that was unlinked, and ends its grant. */
  wipe(receipt: UnlinkReceipt): Promise<void>
  oauth: Pick<StravaOAuth, 'authorizeUrl'> & {
    /** Tried again where that may not have spent the code; ends within 8 s. @throws StravaError */
    exchangeCode(code: string): Promise<StravaGrant>
  }
  cookies: Cookies
  clock: Clock
  newId: NewId
  /** Has the relay publish what waits. */
  nudge(): void
  facts: {
    linked(fact: { platform: LinkPlatform; linkId: string; renewed: boolean }): void
    linkRefused(fact: { platform: LinkPlatform; code: ErrorCode; error: unknown }): void
    /** A mobile return came in another browser than the one that left; allowed, as the verifier is what binds. */
    browserChanged(): void
    /** Nothing came of a code, and what is behind it, if anything, cannot be given back. */
    grantLeftAtStrava(error: unknown): void
    revokedAtStrava(fact: { linkId: string; receiptId: string }): void
  }
  settings: {
    profileGate: 'local' | 'claim' | 'off'
    athleteLimit: number | null
    publicUrl: string
    webReturnUrl: string
    appDeepLink: string
  }
}

/** Seconds for which each one-time value works. */
export const lifetimes = {
  linkTokenSeconds: 120,
  authorizeSeconds: 600,
  exchangeSeconds: 120,
  resultSeconds: 60,
  /** Longer than any attempt: a cookie belongs to the browser, and tells whose return it is also when that comes too late. */
  browserSeconds: 1_800,
} as const

export const secondsLater = (now: Date, seconds: number): Date => new Date(now.getTime() + seconds * 1000)

/** Compares two digests in constant time; an absent one matches nothing. */
export const isSameDigest = (one: string | null, other: string | null): boolean =>
  one !== null && other !== null && one.length === other.length && timingSafeEqual(Buffer.from(one), Buffer.from(other))

/** The S256 code challenge of a verifier (RFC 7636, 4.2). */
export const challengeOf = (codeVerifier: string): string =>
  createHash('sha256').update(codeVerifier).digest('base64url')

export const linkedEvent = (
  link: Pick<Link, 'athleteId' | 'linkId' | 'stravaAthleteId' | 'scopes'>,
  { newId }: Pick<LinkFlow, 'newId'>,
  now: Date,
): LinkedEvent => {
  const { athleteId, linkId, stravaAthleteId, scopes } = link
  const data = { athleteId, linkId, stravaAthleteId, scopes, linkedAt: now.toISOString() }
  return newEvent('athlete.linked', data, { id: newId('evt'), now })
}
