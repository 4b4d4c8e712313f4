import type { AccountRow, OwedRevocation } from '@slipstream/records'
import { backoffUntil } from '@slipstream/runtime'

// One row for each Strava account, because that is the unit at Strava: there is one grant per account and app, and
// revoking any token of it ends all of them. The row says who holds the grant and whether it is to be revoked:
//
//   none ── consent ──> held by a link ── link ends ──> owed ── revoked ──────────> ended, gone after ten minutes
//                         ^      │                       │ └── nothing living ───> unknown, until the next consent
//                         │      └── grant was dead ─────│───────────────────────> ended
//                         │ consent, from any state      │
//                         └──────────────────────────────┘ the owed revocation is cancelled, unless its call has left
//
// - `held`: `isHeld`; `owed` is then only what remains of a cancelled revocation until the receipts have been told, or
//   one whose call left before the consent.
// - `owed`: not held, `owed` is set. `unknown`: not held, `owed` and `endsAt` null; the grant may live on at Strava, so
//   its place counts as taken. `ended`: `endsAt` is set.
// - `linkId` and `athleteId` name who holds the account, or held it last.
// - `epoch` rises with each consent, and starts from the time, so that it never comes back after a row has ended.
//
// Everything here is a decision about one row at one moment; null means that nothing is to be written.

/** What a revocation is made with; `isCertain` as in the row. */
export type RevocableTokens = Pick<
  OwedRevocation,
  'linkId' | 'athleteId' | 'epoch' | 'tokenVersion' | 'accessToken' | 'refreshToken' | 'accessExpiresAt' | 'isCertain'
>

export type Account = Omit<AccountRow, '_id' | 'revision' | 'sealedKey'>

/** What became of an owed revocation. `unknown`: there was no token that surely lived. */
export type RevocationResult = 'revoked' | 'cancelled' | 'unknown'

interface Holder {
  linkId: string
  athleteId: string
}

/** A consent: the newest one has the account, whoever had it before. */
export const hold = (account: Account | null, holder: Holder, now: Date): Account => ({
  epoch: Math.max((account?.epoch ?? 0) + 1, now.getTime()),
  isHeld: true,
  ...holder,
  owed: account?.owed ?? null,
  endsAt: null,
})

/**
 * The account of a link that 0.1 made, which knows nothing of such rows. There is one link per account, so whoever is
 * named as its holder is that link's predecessor, or has a consent that cannot become a link.
 */
export const adopt = (account: Account | null, holder: Holder): Account | null => {
  if (account?.isHeld && account.linkId === holder.linkId) return null
  return { epoch: account?.epoch ?? 0, isHeld: true, ...holder, owed: account?.owed ?? null, endsAt: null }
}

/** Whoever took it up gives it to the link that has the account by right. */
export const leaveTo = (account: Account, holder: Holder): Account => ({
  ...account,
  isHeld: true,
  ...holder,
  endsAt: null,
})

const isNewer = (tokens: RevocableTokens, owed: OwedRevocation): boolean =>
  tokens.epoch > owed.epoch || (tokens.epoch === owed.epoch && tokens.tokenVersion > owed.tokenVersion)

/**
 * One revocation is enough for all that is owed; it is made with the newest tokens. A call under way was made for less:
 * without its id its end does not count for what has been added.
 */
const owe = (owed: OwedRevocation | null, tokens: RevocableTokens, now: Date): OwedRevocation => {
  const endedLinks = [...new Set([...(owed?.endedLinks ?? []), tokens.linkId])]
  if (owed && !isNewer(tokens, owed)) {
    const isKnown = endedLinks.length === owed.endedLinks.length
    return isKnown ? owed : { ...owed, endedLinks, callId: null }
  }
  return {
    ...tokens,
    endedLinks,
    since: owed?.since ?? now,
    attempts: 0,
    nextTryAt: now,
    callUntil: owed?.callUntil ?? null,
    callId: null,
  }
}

/** How a link leaves its account: with tokens to revoke, with a grant that is dead already, or with nothing to go by. */
export type Leaving = { kind: 'revoke'; tokens: RevocableTokens } | { kind: 'dead' } | { kind: 'unknown' }

/** A link ends. Null when another link holds the account. */
export const release = (
  account: Account | null,
  { holder, leaving, now, keptMs }: { holder: Holder; leaving: Leaving; now: Date; keptMs: number },
): Account | null => {
  if (account?.isHeld && account.linkId !== holder.linkId) return null
  const before = account?.owed ?? null
  const owed = leaving.kind === 'revoke' ? owe(before, leaving.tokens, now) : before
  const isOver = leaving.kind === 'dead' && owed === null
  return {
    epoch: account?.epoch ?? 0,
    isHeld: false,
    ...holder,
    owed,
    endsAt: isOver ? new Date(now.getTime() + keptMs) : null,
  }
}

/** Tokens that came when their grant had ended. Null when a link holds the account: they are dropped then. */
export const oweLate = (account: Account | null, tokens: RevocableTokens, now: Date): Account | null => {
  if (account?.isHeld) return null
  const { linkId, athleteId, epoch } = tokens
  return {
    ...(account ?? { epoch, linkId, athleteId }),
    isHeld: false,
    owed: owe(account?.owed ?? null, tokens, now),
    endsAt: null,
  }
}

/**
 * What is owed, sealed anew under this key; a call under way is not disturbed. Null when it is sealed under it already.
 * @throws whatever `reseal` does
 */
export const sealOwed = (
  account: Account | null,
  kid: string,
  reseal: (owed: OwedRevocation) => Pick<OwedRevocation, 'accessToken' | 'refreshToken'>,
): Account | null => {
  if (!account?.owed || account.owed.refreshToken.kid === kid) return null
  const { accessToken, refreshToken } = reseal(account.owed)
  return { ...account, owed: { ...account.owed, accessToken, refreshToken } }
}

export const isCallUnderWay = (account: Account | null, now: Date): boolean =>
  account?.owed?.callUntil != null && account.owed.callUntil > now

/**
 * One process at a time settles what is owed. Null when nothing is, when another does it, and before its time: what is
 * cancelled needs no call and so has none to wait for.
 */
export const claim = (
  account: Account | null,
  { callId, now, leaseMs, isUrgent }: { callId: string; now: Date; leaseMs: number; isUrgent: boolean },
): Account | null => {
  if (!account?.owed || isCallUnderWay(account, now)) return null
  const { owed } = account
  if (!isUrgent && !account.isHeld && owed.nextTryAt > now) return null
  const callUntil = new Date(now.getTime() + leaseMs)
  return { ...account, owed: { ...owed, attempts: owed.attempts + 1, callId, callUntil } }
}

/** What was owed is settled and told. Null when newer tokens are owed since. */
export const settle = (
  account: Account | null,
  { callId, result, now, keptMs }: { callId: string; result: RevocationResult; now: Date; keptMs: number },
): Account | null => {
  if (account?.owed?.callId !== callId) return null
  const isOver = !account.isHeld && result !== 'unknown'
  return { ...account, owed: null, endsAt: isOver ? new Date(now.getTime() + keptMs) : null }
}

const tryAgain = { firstMs: 15_000, longestMs: 3_600_000 }

/** A try failed: the next one comes later, each time twice as late. */
export const putOff = (account: Account | null, { callId, now }: { callId: string; now: Date }): Account | null => {
  if (account?.owed?.callId !== callId) return null
  const nextTryAt = backoffUntil(now, tryAgain, account.owed.attempts)
  return { ...account, owed: { ...account.owed, callUntil: null, callId: null, nextTryAt } }
}
