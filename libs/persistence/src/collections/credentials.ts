import { type CredentialRow, credentialStatuses, type SealedText } from '@slipstream/records'
import { count, defineCollection, nested, oneOf, optionalText, optionalTime, text, time } from './definition.ts'

const sealedText = nested<SealedText>({
  v: count,
  kid: text,
  wrappedKey: text,
  wrapIv: text,
  wrapTag: text,
  iv: text,
  ciphertext: text,
  tag: text,
})

export const credentials = defineCollection<CredentialRow>(
  'credentials',
  {
    _id: text,
    athleteId: text,
    status: oneOf(credentialStatuses),
    tokenVersion: count,
    accessToken: sealedText,
    refreshToken: sealedText,
    accessExpiresAt: time,
    leaseOwner: optionalText,
    leaseUntil: optionalTime,
    fence: count,
    refreshStartedAt: optionalTime,
    createdAt: time,
    updatedAt: time,
  },
  [
    { name: 'athlete', key: { athleteId: 1 } },
    { name: 'refresh_key', key: { 'refreshToken.kid': 1 } },
  ],
)
