import type { WritableCollection } from '@slipstream/persistence'
import type { CredentialRow, KeySeen } from '@slipstream/records'
import { type Clock, newId, type Secret, sha256 } from '@slipstream/runtime'
import { createAccountIds } from './account-ids.ts'
import { createAccountStore } from './account-store.ts'
import { createCredentialStore } from './credential-store.ts'
import type { SealBrokenError } from './envelope.ts'
import { CredentialMissingError, GrantDeadError } from './errors.ts'
import { createGrants, type Grants } from './grants.ts'
import { type ChildKeeperOptions, createChildKeeper } from './keep-child.ts'
import type { KeyWatch } from './key-watch.ts'
import type { Keyring } from './keyring.ts'
import { createRefresher, type RefresherOptions } from './refresh.ts'
import { createReseal, type Resealed } from './reseal.ts'
import { createOwedRevocations, type OwedRevocations } from './revocations.ts'
import { defaultTimings, type Timings } from './timings.ts'
import { openToken } from './token-pair.ts'

export interface GrantVaultOptions {
  collections: { credentials: WritableCollection<'credentials'>; accounts: WritableCollection<'accounts'> }
  keyring: Keyring
  clock: Clock
  /** Told of keys under which something does not open; one for all vaults of a process. */
  keyWatch?: KeyWatch
  /** Tokens that were to be revoked could not be opened for a day, so their grant lives on. `error` holds no secret. */
  onUnreadable?: (linkId: string, error: SealBrokenError) => void
  timings?: Partial<Timings>
}

/** Begins, ends and revokes grants, for who never needs a token. */
export interface GrantVault extends Grants, OwedRevocations {}

export interface VaultOptions extends Omit<GrantVaultOptions, 'onUnreadable'> {
  /** Names this process in the leases it takes. */
  owner?: string
  /**
   * Asks the provider for a new pair. Its answer may be the only copy of the grant: it is never cut short by the vault,
   * so a bound of its own has to be far longer than a caller would wait.
   */
  refreshTokens: RefresherOptions['refreshTokens']
  /** What a failure of `refreshTokens` means for the grant. */
  judge: RefresherOptions['judge']
  onRefresh?: RefresherOptions['onRefresh']
  onStoreFailed?: ChildKeeperOptions['onStoreFailed']
}

/** Keeps each link's tokens encrypted and fresh. */
export interface Vault {
  /**
   * An access token with more than 10 minutes left, refreshed if need be: once, however many ask, in any process.
   * @param options.rejected an access token the provider refused although it should be valid: forces one refresh.
   *   The provider may answer it with the same token.
   * @throws GrantDeadError, CredentialMissingError, RefreshUnavailableError (transient), SealBrokenError, and errors of
   *   `refreshTokens` that are judged as passed on
   */
  accessToken(linkId: string, options?: { rejected?: Secret }): Promise<Secret>
  /** How much is sealed under each key; a key with none may be retired. */
  countByKey(): Promise<Record<string, number>>
  /** Since when something is sealed under each key in use, as the turns of `reseal` have found it. */
  keysSeen(): Promise<KeySeen[]>
  /** Moves a bounded part of what is sealed under other keys to the primary one. Ask again and again, in any process. */
  reseal(): Promise<Resealed[]>
  /**
   * Resolves when no refresh of this process is under way and every pair it got is stored, or the signal is aborted.
   * Call it before the database is closed.
   */
  drain(signal: AbortSignal): Promise<void>
}

const noWatch: KeyWatch = { noteError: () => {}, noteInUse: () => {} }

const storesOf = ({ collections, clock }: GrantVaultOptions, owner: string, timings: Timings) => ({
  store: createCredentialStore({ credentials: collections.credentials, clock, owner, leaseMs: timings.leaseMs }),
  accounts: createAccountStore(collections.accounts, clock),
})

export const createGrantVault = (options: GrantVaultOptions): GrantVault => {
  const { collections, keyring, clock, keyWatch = noWatch, onUnreadable = () => {} } = options
  const timings = { ...defaultTimings, ...options.timings }
  const { store, accounts } = storesOf(options, newId('vault'), timings)
  const accountIds = createAccountIds(collections.accounts, keyring, keyWatch)
  return {
    ...createGrants({ store, accounts, accountIds, keyring, timings }),
    ...createOwedRevocations({ accounts, keyring, clock, timings, keyWatch, onUnreadable }),
  }
}

export const createVault = (options: VaultOptions): Vault => {
  const { collections, keyring, clock, refreshTokens, judge, onRefresh = () => {}, onStoreFailed = () => {} } = options
  const { keyWatch = noWatch } = options
  const timings = { ...defaultTimings, ...options.timings }
  const { store, accounts } = storesOf(options, options.owner ?? newId('vault'), timings)
  const keepChild = createChildKeeper({ store, accounts, keyring, timings, onStoreFailed })
  const refresher = createRefresher({ store, keepChild, keyring, clock, refreshTokens, judge, onRefresh, timings })
  const reseal = createReseal({ store, accounts, accountCollection: collections.accounts, keyring, keyWatch })
  const asked = new Map<string, Promise<Secret>>()

  const isFresh = ({ accessExpiresAt }: CredentialRow) =>
    accessExpiresAt.getTime() - clock.now().getTime() > timings.freshForMs

  const findToken = async (linkId: string, rejected: Secret | undefined): Promise<Secret> => {
    const credential = await store.find(linkId)
    if (!credential || credential.status === 'pending') throw new CredentialMissingError(linkId)
    if (credential.status === 'dead') throw new GrantDeadError(linkId)
    if (isFresh(credential)) {
      const token = openToken({ ...credential, linkId }, 'accessToken', keyring)
      if (token.reveal() !== rejected?.reveal()) return token
    }
    return await refresher.refresh(linkId, credential.tokenVersion)
  }

  return {
    // Callers of one process share the look at the row, too: one that had looked before a refresh and came to ask after
    // it would try for the lease of a version that is gone. Who was refused the new token already does not join those
    // who are about to be given it.
    accessToken: (linkId, { rejected } = {}) => {
      const key = `${linkId} ${rejected ? sha256(rejected.reveal()) : ''}`
      const joined = asked.get(key)
      if (joined) return joined
      const started = findToken(linkId, rejected)
        .catch((error: unknown) => {
          keyWatch.noteError(error)
          throw error
        })
        .finally(() => asked.delete(key))
      asked.set(key, started)
      return started
    },
    countByKey: async () => {
      const counts = new Map<string, number>()
      for (const found of await Promise.all([store.countByKey(keyring.primary.kid), accounts.countByKey()])) {
        for (const { kid, count } of found) counts.set(kid, (counts.get(kid) ?? 0) + count)
      }
      return Object.fromEntries(counts)
    },
    keysSeen: accounts.keysSeen,
    reseal,
    drain: refresher.drain,
  }
}
