import type { Collections } from '@slipstream/persistence'
import { keyRowId } from './account-store.ts'
import { openText, SealBrokenError } from './envelope.ts'
import type { Keyring } from './keyring.ts'
import { openToken } from './token-pair.ts'

/** How one key of the keyring, or one that something is sealed under, is used. */
export interface KeyUse {
  kid: string
  role: 'primary' | 'older' | 'missing'
  /** Grants, revocations that are owed, and the key of the account ids, sealed under it. */
  sealed: number
  /** Null: nothing is sealed under it. False: it is missing, or is another key than the one that sealed. */
  opens: boolean | null
}

const opens = (open: () => unknown): boolean => {
  try {
    open()
    return true
  } catch (error) {
    if (error instanceof SealBrokenError) return false
    throw error
  }
}

/**
 * What is sealed under which key, and whether the newest of it opens under the keys at hand. Changes nothing, and shows nothing of
 * what it opens.
 */
export const inspectKeys = async (
  { credentials, accounts }: Pick<Collections<'operator'>, 'credentials' | 'accounts'>,
  keyring: Keyring,
): Promise<KeyUse[]> => {
  const [counted, owed, keyRow] = await Promise.all([
    credentials.aggregate<{ _id: string; count: number }>([
      { $group: { _id: '$refreshToken.kid', count: { $sum: 1 } } },
    ]),
    accounts.aggregate<{ _id: string; count: number }>([
      { $match: { 'owed.refreshToken.kid': { $gt: '' } } },
      { $group: { _id: '$owed.refreshToken.kid', count: { $sum: 1 } } },
    ]),
    accounts.findOne({ _id: keyRowId }, { sealedKey: 1 }).lean(),
  ])
  const sealedKey = keyRow?.sealedKey
  const sealed = new Map<string, number>()
  for (const { _id: kid, count } of [...counted, ...owed, ...(sealedKey ? [{ _id: sealedKey.kid, count: 1 }] : [])]) {
    sealed.set(kid, (sealed.get(kid) ?? 0) + count)
  }

  const opensUnder = async (kid: string): Promise<boolean> => {
    const row = await credentials.findOne({ 'refreshToken.kid': kid }).sort({ 'refreshToken.kid': 1, _id: -1 }).lean()
    if (row && !opens(() => openToken({ ...row, linkId: row._id }, 'refreshToken', keyring))) return false
    const account = row ? null : await accounts.findOne({ 'owed.refreshToken.kid': kid }).lean()
    const revocation = account?.owed
    if (revocation && !opens(() => openToken(revocation, 'refreshToken', keyring))) return false
    const place = { athleteId: 'none', linkId: 'none', field: 'accountKey' } as const
    return sealedKey?.kid !== kid || opens(() => openText(sealedKey, place, keyring))
  }

  const known = [keyring.primary.kid, ...keyring.others]
  const roleOf = (kid: string): KeyUse['role'] => {
    if (kid === keyring.primary.kid) return 'primary'
    return keyring.find(kid) ? 'older' : 'missing'
  }
  return await Promise.all(
    [...new Set([...known, ...sealed.keys()])].map(async (kid) => ({
      kid,
      role: roleOf(kid),
      sealed: sealed.get(kid) ?? 0,
      opens: sealed.has(kid) ? await opensUnder(kid) : null,
    })),
  )
}
