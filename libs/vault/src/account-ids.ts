import { createHmac, randomBytes } from 'node:crypto'
import type { SealedText } from '@slipstream/records'
import { type AccountCollection, keyRowId } from './account-store.ts'
import { openText, sealText } from './envelope.ts'
import type { KeyWatch } from './key-watch.ts'
import type { Keyring } from './keyring.ts'

const place = { athleteId: 'none', linkId: 'none', field: 'accountKey' } as const
const keyBytes = 32

export interface AccountIds {
  /**
   * The id under which a Strava account is known here: the same in all processes, and nobody who reads the database can
   * tell from it which account it is.
   * @throws SealBrokenError when the key of the ids does not open under this keyring
   */
  of(stravaAthleteId: string): Promise<string>
  /** @throws SealBrokenError as `of` would */
  assertUsable(): Promise<void>
}

const findKey = async (accounts: AccountCollection): Promise<SealedText | null> =>
  (await accounts.findOne({ _id: keyRowId }, { sealedKey: 1 }).lean())?.sealedKey ?? null

/**
 * Seals the key of the ids under the primary key, unless it is.
 * @throws SealBrokenError
 */
export const resealAccountKey = async (accounts: AccountCollection, keyring: Keyring): Promise<void> => {
  const sealed = await findKey(accounts)
  if (!sealed || sealed.kid === keyring.primary.kid) return
  const sealedKey = sealText(openText(sealed, place, keyring), place, keyring)
  const unchanged = { _id: keyRowId, 'sealedKey.ciphertext': sealed.ciphertext }
  await accounts.updateOne(unchanged, { $set: { sealedKey } })
}

/** The key is random, made by whoever needs it first, and kept sealed among the accounts. */
export const createAccountIds = (accounts: AccountCollection, keyring: Keyring, keyWatch: KeyWatch): AccountIds => {
  let known: Promise<Buffer> | undefined

  const make = async (): Promise<SealedText> => {
    const sealedKey = sealText(randomBytes(keyBytes).toString('base64'), place, keyring)
    const kept = await accounts
      .findOneAndUpdate({ _id: keyRowId }, { $setOnInsert: { sealedKey } }, { upsert: true, returnDocument: 'after' })
      .lean()
    return kept.sealedKey ?? sealedKey
  }

  const load = async (): Promise<Buffer> => {
    const sealed = (await findKey(accounts)) ?? (await make())
    return Buffer.from(openText(sealed, place, keyring), 'base64')
  }

  const key = (): Promise<Buffer> => {
    known ??= load().catch((error) => {
      known = undefined
      keyWatch.noteError(error)
      throw error
    })
    return known
  }

  return {
    of: async (stravaAthleteId) =>
      createHmac('sha256', await key())
        .update(stravaAthleteId)
        .digest('hex'),
    assertUsable: async () => {
      await key()
    },
  }
}
