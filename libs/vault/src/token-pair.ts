import type { CredentialRow } from '@slipstream/records'
import { openText, sealText } from './envelope.ts'
import type { Keyring } from './keyring.ts'

/** A grant's two tokens in clear, as the provider hands them out. */
export interface TokenPair {
  accessToken: string
  refreshToken: string
  accessExpiresAt: Date
}

export type SealedPair = Pick<CredentialRow, 'accessToken' | 'refreshToken' | 'accessExpiresAt'>

type Owner = { linkId: string; athleteId: string }

export const sealPair = (pair: TokenPair, owner: Owner, keyring: Keyring): SealedPair => ({
  accessToken: sealText(pair.accessToken, { ...owner, field: 'accessToken' }, keyring),
  refreshToken: sealText(pair.refreshToken, { ...owner, field: 'refreshToken' }, keyring),
  accessExpiresAt: pair.accessExpiresAt,
})

/** @throws SealBrokenError */
export const openToken = (credential: CredentialRow, field: 'accessToken' | 'refreshToken', keyring: Keyring): string =>
  openText(credential[field], { linkId: credential._id, athleteId: credential.athleteId, field }, keyring)
