import type { LinkTokenRequest, OutboxEvent, Receipt } from '@slipstream/contracts'
import { Schema } from 'mongoose'
import {
  count,
  defineCollection,
  flag,
  id,
  nested,
  optionalNumber,
  optionalText,
  optionalTime,
  outbox,
  outboxIndex,
  text,
  time,
} from './definition.ts'

/** One person, known by what the host's issuer says of them. */
export interface AthleteDocument {
  _id: string
  issuer: string
  subject: string
  createdAt: Date
}

export const athletes = defineCollection<AthleteDocument>(
  'athletes',
  { _id: id, issuer: text, subject: text, createdAt: time },
  [{ name: 'issuer_subject', key: { issuer: 1, subject: 1 }, unique: true }],
)

/** `_id` is the athleteId. */
export interface ProfileDocument {
  _id: string
  displayName: string
  primarySport: string
  weeklyGoalHours: number | null
  submittedAt: Date
  updatedAt: Date
}

export const profiles = defineCollection<ProfileDocument>('profiles', {
  _id: id,
  displayName: text,
  primarySport: text,
  weeklyGoalHours: optionalNumber,
  submittedAt: time,
  updatedAt: time,
})

/**
 * One athlete joined to one Strava account. `_id` is the linkId; the document is removed at unlink.
 * `manualSync` is the last sync the athlete asked for by hand.
 */
export interface LinkDocument {
  _id: string
  athleteId: string
  stravaAthleteId: string
  displayName: string
  status: 'active' | 'reauth_required' | 'paused'
  statusSince: Date
  errorCode: string | null
  scopes: string[]
  linkedAt: Date
  manualSync: { runId: string; requestedAt: Date } | null
  outbox: OutboxEvent[]
}

export const links = defineCollection<LinkDocument>(
  'links',
  {
    _id: id,
    athleteId: text,
    stravaAthleteId: text,
    displayName: { type: String, default: '' },
    status: { type: String, enum: ['active', 'reauth_required', 'paused'], required: true },
    statusSince: time,
    errorCode: optionalText,
    scopes: { type: [String], required: true },
    linkedAt: time,
    manualSync: { type: nested({ runId: text, requestedAt: time }), default: null },
    outbox,
  },
  [
    { name: 'one_link_per_athlete', key: { athleteId: 1 }, unique: true },
    { name: 'one_athlete_per_strava_account', key: { stravaAthleteId: 1 }, unique: true },
    { name: 'status', key: { status: 1 } },
    outboxIndex,
  ],
)

/**
 * One attempt to link, from the link token to the end. Steps:
 * `issued` → (GET /connect consumes the link token) → `authorizing` → (GET /callback consumes the state) → `exchanging`
 * → web: `completed`; mobile: `pending` → (POST callback consumes the result) → `completed`. Any step may end in `failed`.
 * All one-time values are kept as SHA-256 only; `expiresAt` is the deadline of the current step.
 */
export interface LinkTransactionDocument {
  _id: string
  athleteId: string
  platform: LinkTokenRequest['platform']
  step: 'issued' | 'authorizing' | 'exchanging' | 'pending' | 'completed' | 'failed'
  linkTokenHash: string
  /** Web: hash of the cookie given with the link token, binding the attempt to that browser. */
  browserHash: string | null
  stateHash?: string
  /** Hash of the transaction cookie set at /connect. */
  transactionCookieHash: string | null
  codeChallenge: string | null
  returnTo: string | null
  resultHash?: string
  /** Mobile: what becomes the link when the app completes; its tokens wait in `credentials` as pending. */
  pendingLink: { linkId: string; stravaAthleteId: string; displayName: string; scopes: string[] } | null
  createdAt: Date
  expiresAt: Date
  deleteAt: Date
}

export const linkTransactions = defineCollection<LinkTransactionDocument>(
  'link_transactions',
  {
    _id: id,
    athleteId: text,
    platform: { type: String, enum: ['web', 'mobile'], required: true },
    step: {
      type: String,
      enum: ['issued', 'authorizing', 'exchanging', 'pending', 'completed', 'failed'],
      required: true,
    },
    linkTokenHash: text,
    browserHash: optionalText,
    stateHash: { type: String },
    transactionCookieHash: optionalText,
    codeChallenge: optionalText,
    returnTo: optionalText,
    resultHash: { type: String },
    pendingLink: {
      type: nested({
        linkId: text,
        stravaAthleteId: text,
        displayName: { type: String, default: '' },
        scopes: { type: [String], required: true },
      }),
      default: null,
    },
    createdAt: time,
    expiresAt: time,
    deleteAt: time,
  },
  [
    { name: 'link_token', key: { linkTokenHash: 1 }, unique: true },
    { name: 'state', key: { stateHash: 1 }, unique: true, sparse: true },
    { name: 'result', key: { resultHash: 1 }, unique: true, sparse: true },
    { name: 'pending_expiry', key: { step: 1, expiresAt: 1 } },
    { name: 'garbage', key: { deleteAt: 1 }, expireAfterSeconds: 0 },
  ],
)

/** The written confirmation of an unlink. `completedAt` is set when everything it names is gone. */
export interface ReceiptDocument {
  _id: string
  athleteId: string
  linkId: string
  reason: Receipt['reason']
  requestedAt: Date
  revokedAtStrava: boolean
  /** When revoking was settled: confirmed, or given up because no usable token was left. */
  revocationSettledAt: Date | null
  erasedAt: Date | null
  completedAt: Date | null
  deleted: Record<string, number>
  outbox: OutboxEvent[]
}

export const receipts = defineCollection<ReceiptDocument>(
  'receipts',
  {
    _id: id,
    athleteId: text,
    linkId: text,
    reason: text,
    requestedAt: time,
    revokedAtStrava: flag,
    revocationSettledAt: optionalTime,
    erasedAt: optionalTime,
    completedAt: optionalTime,
    deleted: { type: Schema.Types.Mixed, default: {} },
    outbox,
  },
  [
    { name: 'athlete', key: { athleteId: 1 } },
    { name: 'link', key: { linkId: 1 }, unique: true },
    { name: 'incomplete', key: { completedAt: 1, requestedAt: 1 } },
    outboxIndex,
  ],
)

/** One secret sealed with AES-256-GCM under a key of its own, which is wrapped by the key `kid`. All base64. */
export interface SealedText {
  v: number
  kid: string
  wrappedKey: string
  wrapIv: string
  wrapTag: string
  iv: string
  ciphertext: string
  tag: string
}

const sealedText = nested({
  v: count,
  kid: text,
  wrappedKey: text,
  wrapIv: text,
  wrapTag: text,
  iv: text,
  ciphertext: text,
  tag: text,
})

/**
 * The encrypted tokens of a link; `_id` is the linkId. Written only through libs/vault, always with a compare on
 * `tokenVersion`. `refreshStartedAt` is when the oldest refresh began whose result was not stored; null after success.
 */
export interface CredentialDocument {
  _id: string
  athleteId: string
  status: 'pending' | 'active' | 'dead'
  tokenVersion: number
  accessToken: SealedText
  refreshToken: SealedText
  accessExpiresAt: Date
  leaseOwner: string | null
  leaseUntil: Date | null
  fence: number
  refreshStartedAt: Date | null
  createdAt: Date
  updatedAt: Date
}

export const credentials = defineCollection<CredentialDocument>(
  'credentials',
  {
    _id: id,
    athleteId: text,
    status: { type: String, enum: ['pending', 'active', 'dead'], required: true },
    tokenVersion: count,
    accessToken: { type: sealedText, required: true },
    refreshToken: { type: sealedText, required: true },
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
