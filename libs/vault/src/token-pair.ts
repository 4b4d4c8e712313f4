import type { CredentialRow } from '@slipstream/records'
import { Secret } from '@slipstream/runtime'
import { openText, SealBrokenError, sealText } from './envelope.ts'
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

const openPair = (sealed: SealedPair & TokenOwner, keyring: Keyring): TokenPair => ({
  accessToken: openToken(sealed, 'accessToken', keyring),
  refreshToken: openToken(sealed, 'refreshToken', keyring),
  accessExpiresAt: sealed.accessExpiresAt,
})

/**
 * The same tokens under the primary key, of the same owner or another. The key id is authenticated in both layers, so
 * both are made anew.
 * @throws SealBrokenError
 */
export const resealPair = (sealed: SealedPair & TokenOwner, owner: TokenOwner, keyring: Keyring): SealedPair =>
  sealPair(openPair(sealed, keyring), owner, keyring)

/** Whether it holds these very tokens; what does not open holds none that are known. */
export const holdsPair = (sealed: SealedPair & TokenOwner, pair: TokenPair, keyring: Keyring): boolean => {
  try {
    const held = openPair(sealed, keyring)
    return (
      held.accessToken.reveal() === pair.accessToken.reveal() &&
      held.refreshToken.reveal() === pair.refreshToken.reveal()
    )
  } catch (error) {
    if (error instanceof SealBrokenError) return false
    throw error
  }
}
