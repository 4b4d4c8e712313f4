import type { AccountRow, KeySeen, OwedRevocation } from '@slipstream/records'
import { sealedText } from './credentials.ts'
import {
  added,
  count,
  defineCollection,
  flag,
  listOf,
  optionalNested,
  optionalText,
  optionalTime,
  text,
  texts,
  time,
} from './definition.ts'

const owed = optionalNested<OwedRevocation>({
  linkId: text,
  athleteId: text,
  epoch: count,
  tokenVersion: count,
  accessToken: sealedText,
  refreshToken: sealedText,
  accessExpiresAt: time,
  isCertain: flag,
  endedLinks: texts,
  since: time,
  attempts: count,
  nextTryAt: time,
  callUntil: optionalTime,
  callId: optionalText,
})

export const accounts = defineCollection<AccountRow>(
  'accounts',
  {
    _id: text,
    epoch: count,
    isHeld: flag,
    linkId: text,
    athleteId: text,
    owed,
    endsAt: optionalTime,
    revision: count,
    sealedKey: added(sealedText),
    keysSeen: added(listOf<KeySeen>({ kid: text, since: time })),
  },
  [
    { name: 'link', key: { linkId: 1 } },
    { name: 'athlete', key: { athleteId: 1 } },
    { name: 'unheld', key: { isHeld: 1, endsAt: 1 } },
    {
      name: 'owed_sealed_under',
      key: { 'owed.refreshToken.kid': 1, _id: 1 },
      partialFilterExpression: { 'owed.refreshToken.kid': { $exists: true } },
    },
    { name: 'owed_due', key: { 'owed.nextTryAt': 1 }, sparse: true },
    { name: 'ended', key: { endsAt: 1 }, expireAfterSeconds: 0 },
  ],
)
