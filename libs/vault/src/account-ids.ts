import { createHmac, randomBytes } from 'node:crypto'
import type { SealedText } from '@slipstream/records'
import { type AccountCollection, keyRowId } from './account-store.ts'
import { openText, sealText } from './envelope.ts'
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
}

/** The key is random, made by whoever needs it first, and kept sealed among the accounts. */
export const createAccountIds = (accounts: AccountCollection, keyring: Keyring): AccountIds => {
  let known: Promise<Buffer> | undefined

  const find = async (): Promise<SealedText | null> =>
    (await accounts.findOne({ _id: keyRowId }, { sealedKey: 1 }).lean())?.sealedKey ?? null

  const make = async (): Promise<SealedText> => {
    const sealedKey = sealText(randomBytes(keyBytes).toString('base64'), place, keyring)
    const kept = await accounts
      .findOneAndUpdate({ _id: keyRowId }, { $setOnInsert: { sealedKey } }, { upsert: true, returnDocument: 'after' })
      .lean()
    return kept.sealedKey ?? sealedKey
  }

  const load = async (): Promise<Buffer> => {
    const sealed = (await find()) ?? (await make())
    const key = openText(sealed, place, keyring)
    if (sealed.kid !== keyring.primary.kid) {
      const moved = sealText(key, place, keyring)
      await accounts.updateOne(
        { _id: keyRowId, 'sealedKey.ciphertext': sealed.ciphertext },
        { $set: { sealedKey: moved } },
      )
    }
    return Buffer.from(key, 'base64')
  }

  const key = (): Promise<Buffer> => {
    known ??= load().catch((error) => {
      known = undefined
      throw error
    })
    return known
  }

  return {
    of: async (stravaAthleteId) =>
      createHmac('sha256', await key())
        .update(stravaAthleteId)
        .digest('hex'),
  }
}
