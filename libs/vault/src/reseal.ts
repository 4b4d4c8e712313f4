import { sealOwed } from './account.ts'
import { resealAccountKey } from './account-ids.ts'
import type { AccountCollection, AccountStore } from './account-store.ts'
import type { CredentialStore, SealedCredential } from './credential-store.ts'
import { SealBrokenError } from './envelope.ts'
import type { KeyWatch } from './key-watch.ts'
import type { Keyring } from './keyring.ts'
import { resealPair, type SealedPair } from './token-pair.ts'

// After a key rotation everything that is sealed moves to the primary key: tokens of credentials in any state, tokens with
// which a revocation is owed, and the key of the account ids. What is left to move is read from the rows themselves, so a
// crash loses nothing, and several processes at it take each other's work away at most.

export interface ResealOptions {
  store: CredentialStore
  accounts: AccountStore
  accountCollection: AccountCollection
  keyring: Keyring
  keyWatch: KeyWatch
}

/** What was moved away from one key in a turn. */
export interface Resealed {
  fromKid: string
  count: number
}

const sliceSize = 200

/** Goes along what is sealed under one key, a slice a turn, and begins anew at the end: rows that do not open are passed by. */
const createWalk = <Row>(
  find: (kid: string, after: string | null, limit: number) => Promise<Row[]>,
  idOf: (row: Row) => string,
) => {
  const after = new Map<string, string | null>()
  return async (kid: string): Promise<Row[]> => {
    const slice = await find(kid, after.get(kid) ?? null, sliceSize)
    const last = slice.at(-1)
    after.set(kid, last !== undefined && slice.length === sliceSize ? idOf(last) : null)
    return slice
  }
}

/** One turn: a slice of each key behind the primary. */
export const createReseal = ({ store, accounts, accountCollection, keyring, keyWatch }: ResealOptions) => {
  const nextCredentials = createWalk(store.underKey, ({ linkId }) => linkId)
  const nextOwed = createWalk(accounts.owedUnderKey, (accountId) => accountId)

  /** Null for what does not open, which stays as it is and keeps no other from its turn. */
  const unlessBroken = async <Value>(work: () => Value | Promise<Value>): Promise<Value | null> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error
      keyWatch.noteError(error)
      return null
    }
  }

  const moveCredentials = async (kid: string): Promise<number> => {
    const changes: { from: SealedCredential; to: SealedPair }[] = []
    for (const from of await nextCredentials(kid)) {
      const to = await unlessBroken(() => resealPair(from, from, keyring))
      if (to) changes.push({ from, to })
    }
    return changes.length === 0 ? 0 : await store.reseal(changes)
  }

  const moveOwed = async (kid: string): Promise<number> => {
    let moved = 0
    for (const accountId of await nextOwed(kid)) {
      const change = await unlessBroken(() =>
        accounts.change(accountId, (account) =>
          sealOwed(account, keyring.primary.kid, (owed) => resealPair(owed, owed, keyring)),
        ),
      )
      if (change?.isChanged) moved += 1
    }
    return moved
  }

  return async (): Promise<Resealed[]> => {
    const inUse = (await Promise.all([store.kids(), accounts.kids()])).flat()
    keyWatch.noteInUse(inUse)
    await accounts.noteKeys(inUse)
    for (const kid of inUse.filter((one) => !keyring.find(one))) {
      keyWatch.noteError(new SealBrokenError(kid, `key ${kid} is not in the keyring`))
    }
    await unlessBroken(() => resealAccountKey(accountCollection, keyring))
    const moved: Resealed[] = []
    for (const fromKid of keyring.others) {
      const count = (await moveCredentials(fromKid)) + (await moveOwed(fromKid))
      if (count > 0) moved.push({ fromKid, count })
    }
    return moved
  }
}
