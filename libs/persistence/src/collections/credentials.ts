import { type CredentialRow, credentialStatuses, type SealedText } from '@slipstream/records'
import {
  added,
  count,
  defineCollection,
  nested,
  oneOf,
  optionalNested,
  optionalText,
  optionalTime,
  text,
  time,
} from './definition.ts'

export const sealedText = nested<SealedText>({
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
    accountId: added(text),
    epoch: added(count),
    status: oneOf(credentialStatuses),
    tokenVersion: count,
    accessToken: sealedText,
    refreshToken: sealedText,
    accessExpiresAt: time,
    leaseOwner: optionalText,
    leaseUntil: optionalTime,
    fence: count,
    refreshStartedAt: optionalTime,
    refusal: added(optionalNested({ reason: text, since: time })),
    diedAt: added(time),
    revivedAt: added(time),
    turnedAt: added(time),
    afterDeath: added(nested({ nextTryAt: time, attempts: count })),
    createdAt: time,
    updatedAt: time,
  },
  [
    { name: 'athlete', key: { athleteId: 1 } },
    { name: 'sealed_under', key: { 'refreshToken.kid': 1, _id: 1 } },
    { name: 'to_adopt', key: { accountId: 1, _id: 1 } },
    { name: 'turned', key: { turnedAt: 1 }, sparse: true },
    { name: 'dead', key: { 'afterDeath.nextTryAt': 1 }, sparse: true },
  ],
  // Of 0.1, which only counted by it.
  ['refresh_key'],
)
