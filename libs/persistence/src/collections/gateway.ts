import { receiptNotes, storedLinkStatuses, unlinkReasons } from '@slipstream/contracts'
import {
  type AthleteRow,
  attemptSteps,
  endingReasons,
  type LinkAttemptRow,
  type LinkRow,
  type ProfileRow,
  type ReceiptRow,
} from '@slipstream/records'
import {
  added,
  anyText,
  count,
  defineCollection,
  mixed,
  nested,
  oneOf,
  optionalFlag,
  optionalNested,
  optionalNumber,
  optionalOneOf,
  optionalText,
  optionalTime,
  outbox,
  outboxIndexes,
  text,
  texts,
  time,
} from './definition.ts'

export const athletes = defineCollection<AthleteRow>(
  'athletes',
  { _id: text, issuer: text, subject: text, createdAt: time },
  [{ name: 'issuer_subject', key: { issuer: 1, subject: 1 }, unique: true }],
)

export const profiles = defineCollection<ProfileRow>('profiles', {
  _id: text,
  displayName: text,
  primarySport: text,
  weeklyGoalHours: optionalNumber,
  submittedAt: time,
  updatedAt: time,
})

export const links = defineCollection<LinkRow>(
  'links',
  {
    _id: text,
    athleteId: text,
    stravaAthleteId: text,
    displayName: anyText,
    status: oneOf(storedLinkStatuses),
    statusSince: time,
    errorCode: optionalText,
    scopes: texts,
    linkedAt: time,
    manualSync: optionalNested({ runId: text, requestedAt: time }),
    nextRevocationLookAt: added(time),
    outbox,
  },
  [
    { name: 'one_link_per_athlete', key: { athleteId: 1 }, unique: true },
    { name: 'one_athlete_per_strava_account', key: { stravaAthleteId: 1 }, unique: true },
    { name: 'status', key: { status: 1 } },
    { name: 'changed', key: { statusSince: 1, _id: 1 } },
    {
      name: 'asked',
      key: { 'manualSync.requestedAt': 1, _id: 1 },
      partialFilterExpression: { 'manualSync.requestedAt': { $exists: true } },
    },
    ...outboxIndexes,
  ],
)

export const linkTransactions = defineCollection<LinkAttemptRow>(
  'link_transactions',
  {
    _id: text,
    athleteId: text,
    platform: oneOf(['web', 'mobile']),
    step: oneOf(attemptSteps),
    linkTokenHash: text,
    browserHash: optionalText,
    stateHash: added(text),
    transactionCookieHash: optionalText,
    codeHash: added(text),
    laterCodes: added(count),
    codeChallenge: optionalText,
    returnTo: optionalText,
    resultHash: added(text),
    pendingLink: optionalNested({ linkId: text, stravaAthleteId: text, displayName: anyText, scopes: texts }),
    answer: added(nested({ code: optionalText, receiptId: optionalText })),
    createdAt: time,
    expiresAt: time,
    attempts: added(count),
    nextTryAt: added(optionalTime),
    deleteAt: time,
  },
  [
    { name: 'link_token', key: { linkTokenHash: 1 }, unique: true },
    { name: 'state', key: { stateHash: 1 }, unique: true, sparse: true },
    { name: 'result', key: { resultHash: 1 }, unique: true, sparse: true },
    { name: 'pending_expiry', key: { step: 1, expiresAt: 1 } },
    { name: 'to_take_back', key: { step: 1, nextTryAt: 1, expiresAt: 1 } },
    { name: 'athlete', key: { athleteId: 1, createdAt: 1 } },
    { name: 'garbage', key: { deleteAt: 1 }, expireAfterSeconds: 0 },
  ],
)

export const receipts = defineCollection<ReceiptRow>(
  'receipts',
  {
    _id: text,
    athleteId: text,
    linkId: text,
    reason: oneOf(unlinkReasons),
    requestedAt: time,
    grantDiedAt: added(time),
    revokedAtStrava: optionalFlag,
    note: added(optionalOneOf(receiptNotes)),
    revocationSettledAt: optionalTime,
    erasedAt: optionalTime,
    completedAt: optionalTime,
    wipedAt: added(optionalTime),
    attempts: added(count),
    nextTryAt: added(optionalTime),
    deleted: mixed(),
    outbox,
  },
  [
    { name: 'athlete', key: { athleteId: 1 } },
    {
      name: 'ends_link',
      key: { linkId: 1 },
      unique: true,
      partialFilterExpression: { reason: { $in: endingReasons } },
    },
    { name: 'incomplete', key: { completedAt: 1, requestedAt: 1 } },
    { name: 'requested', key: { requestedAt: 1, _id: 1 } },
    { name: 'to_wipe', key: { completedAt: 1, wipedAt: 1, nextTryAt: 1 } },
    { name: 'unerased', key: { erasedAt: 1, requestedAt: 1, _id: 1 } },
    ...outboxIndexes,
  ],
  // Of 0.1, where a link had one receipt at most.
  ['link'],
)
