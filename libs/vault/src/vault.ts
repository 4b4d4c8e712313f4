import { setTimeout as delay } from 'node:timers/promises'
import type { CredentialDocument, WritableCollection } from '@slipstream/persistence'
import { type Clock, newId } from '@slipstream/runtime'
import { createCredentialStore } from './credential-store.ts'
import { CredentialMissingError, GrantDeadError, RefreshUnavailableError } from './errors.ts'
import type { Keyring } from './keyring.ts'
import { createRefresher, type RefreshOutcome } from './refresh.ts'
import { defaultTimings, type Timings } from './timings.ts'
import { openToken, sealPair, type TokenPair } from './token-pair.ts'

export interface VaultOptions {
  credentials: WritableCollection<'credentials'>
  keyring: Keyring
  clock: Clock
  /** Names this process in the leases it takes. */
  owner?: string
  /**
   * Asks the provider for a new pair. Never cut short by the vault. Errors are told apart by their `kind`:
   * `refresh_token_dead` ends the grant; `app_inactive`, `client_credentials_invalid` and `rate_limited` are passed on
   * as they are; all others count as transient.
   */
  refreshTokens: (refreshToken: string) => Promise<TokenPair>
  /** Revokes a pair that was rotated while its link was released. */
  revokeOrphan?: (refreshToken: string) => Promise<void>
  onRefresh?: (outcome: RefreshOutcome) => void
  timings?: Partial<Timings>
}

/** Keeps each link's tokens encrypted and fresh. No other code sees a token in clear for longer than a call. */
export interface Vault {
  /** Stores the tokens of a new grant; those of an earlier grant of the same link are replaced. */
  seal(grant: { linkId: string; athleteId: string; status: 'pending' | 'active'; tokens: TokenPair }): Promise<void>
  /** Pending becomes active. False when there is no credential or it is dead; true again when repeated. */
  activate(linkId: string): Promise<boolean>
  /**
   * An access token with more than 10 minutes left, refreshed if need be: once, however many ask, in any process.
   * @param options.rejected an access token the provider refused although it should be valid: forces one refresh.
   *   The provider may answer it with the same token.
   * @throws GrantDeadError, CredentialMissingError, RefreshUnavailableError (transient), SealBrokenError, and the
   *   errors of `refreshTokens` named there as passed on
   */
  accessToken(linkId: string, options?: { rejected?: string }): Promise<string>
  /**
   * Revokes the grant at the provider, then deletes the credential. Waits for a refresh under way, so that the token
   * revoked is the newest. When `revoke` rejects, the credential stays and this rejects with the same error: repeat it.
   * @returns `revoked: false` when there was nothing to revoke: no credential, or a dead one
   * @throws RefreshUnavailableError when a refresh under way does not end in time
   */
  release(linkId: string, revoke: (refreshToken: string) => Promise<void>): Promise<{ revoked: boolean }>
  /** How many credentials are sealed under each key; a key with none may be retired. */
  countByKey(): Promise<Record<string, number>>
  /** Resolves when no refresh of this process is under way. Call it before the database is closed. */
  drain(): Promise<void>
}

export const createVault = (options: VaultOptions): Vault => {
  const { credentials, keyring, clock, refreshTokens, revokeOrphan, onRefresh = () => {} } = options
  const timings = { ...defaultTimings, ...options.timings }
  const owner = options.owner ?? newId('vault')
  const store = createCredentialStore({ credentials, clock, owner, leaseMs: timings.leaseMs })
  const refresher = createRefresher({ store, keyring, refreshTokens, revokeOrphan, onRefresh, timings })

  const isFresh = ({ accessExpiresAt }: CredentialDocument) =>
    accessExpiresAt.getTime() - clock.now().getTime() > timings.freshForMs

  const leaseForRelease = async (linkId: string) => {
    const deadline = performance.now() + timings.waitMs
    for (;;) {
      const leased = await store.leaseForRelease(linkId)
      if (leased || !(await store.find(linkId))) return leased
      if (performance.now() > deadline) throw new RefreshUnavailableError(linkId, 'its lease is held for too long')
      await delay(timings.pollMs)
    }
  }

  const release: Vault['release'] = async (linkId, revoke) => {
    const leased = await leaseForRelease(linkId)
    if (!leased) return { revoked: false }
    const revoked = leased.status !== 'dead'
    if (revoked) {
      try {
        await revoke(openToken(leased, 'refreshToken', keyring))
      } catch (error) {
        // Where this does not work either, the lease ends by its time; the failure to report is the first one.
        await Promise.allSettled([store.endLease(leased)])
        throw error
      }
    }
    // The lease is lost when revoking took longer: the tokens may be newer ones now, so it starts again.
    return (await store.remove(leased)) ? { revoked } : release(linkId, revoke)
  }

  return {
    seal: ({ linkId, athleteId, status, tokens }) =>
      store.put(linkId, athleteId, status, sealPair(tokens, { linkId, athleteId }, keyring)),
    activate: store.activate,
    accessToken: async (linkId, { rejected } = {}) => {
      const credential = await store.find(linkId)
      if (!credential || credential.status === 'pending') throw new CredentialMissingError(linkId)
      if (credential.status === 'dead') throw new GrantDeadError(linkId)
      if (isFresh(credential)) {
        const token = openToken(credential, 'accessToken', keyring)
        if (token !== rejected) return token
      }
      return refresher.refresh(linkId, credential.tokenVersion)
    },
    release,
    countByKey: store.countByKey,
    drain: refresher.drain,
  }
}
