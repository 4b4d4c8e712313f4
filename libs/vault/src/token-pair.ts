import type { CredentialRow } from '@slipstream/records'
import { Secret } from '@slipstream/runtime'
import { openText, sealText } from './envelope.ts'
import type { Keyring } from './keyring.ts'

/** A grant's two tokens, as the provider hands them out. */
export interface TokenPair {
  accessToken: Secret
  refreshToken: Secret
  accessExpiresAt: Date
}

/** The answer to a refresh; without a refresh token the one that was used stays good. */
export type RefreshedTokens = Omit<TokenPair, 'refreshToken'> & { refreshToken: Secret | null }

export type SealedPair = Pick<CredentialRow, 'accessToken' | 'refreshToken' | 'accessExpiresAt'>

/** Whom a pair belongs to: part of what authenticates it. */
export type TokenOwner = { linkId: string; athleteId: string }

export const sealPair = (pair: TokenPair, { linkId, athleteId }: TokenOwner, keyring: Keyring): SealedPair => ({
  accessToken: sealText(pair.accessToken.reveal(), { linkId, athleteId, field: 'accessToken' }, keyring),
  refreshToken: sealText(pair.refreshToken.reveal(), { linkId, athleteId, field: 'refreshToken' }, keyring),
  accessExpiresAt: pair.accessExpiresAt,
})

/** @throws SealBrokenError */
export const openToken = (
  sealed: SealedPair & TokenOwner,
  field: 'accessToken' | 'refreshToken',
  keyring: Keyring,
): Secret => new Secret(openText(sealed[field], { linkId: sealed.linkId, athleteId: sealed.athleteId, field }, keyring))

/** @throws SealBrokenError */
export const openPair = (sealed: SealedPair & TokenOwner, keyring: Keyring): TokenPair => ({
  accessToken: openToken(sealed, 'accessToken', keyring),
  refreshToken: openToken(sealed, 'refreshToken', keyring),
  accessExpiresAt: sealed.accessExpiresAt,
})
