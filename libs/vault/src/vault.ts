import type { CredentialRow } from '@slipstream/records'
import { newId } from '@slipstream/runtime'
import { createCredentialStore } from './credential-store.ts'
import { CredentialMissingError, GrantDeadError } from './errors.ts'
import { createGrantVault, type GrantVault, type GrantVaultOptions } from './grant-vault.ts'
import { createRefresher, type RefreshOutcome } from './refresh.ts'
import { defaultTimings } from './timings.ts'
import { openToken, type TokenPair } from './token-pair.ts'

export interface VaultOptions extends GrantVaultOptions {
  /**
   * Asks the provider for a new pair. Never cut short by the vault. Errors are told apart by their `kind`:
   * `refresh_token_dead` ends the grant; `app_inactive`, `client_credentials_invalid` and `rate_limited` are passed on
   * as they are; all others count as transient.
   */
  refreshTokens: (refreshToken: string) => Promise<TokenPair>
  /** Revokes a pair that was rotated while its link was released. */
  revokeOrphan?: (refreshToken: string) => Promise<void>
  onRefresh?: (outcome: RefreshOutcome) => void
}

/** Keeps each link's tokens encrypted and fresh. No other code sees a token in clear for longer than a call. */
export interface Vault extends GrantVault {
  /**
   * An access token with more than 10 minutes left, refreshed if need be: once, however many ask, in any process.
   * @param options.rejected an access token the provider refused although it should be valid: forces one refresh.
   *   The provider may answer it with the same token.
   * @throws GrantDeadError, CredentialMissingError, RefreshUnavailableError (transient), SealBrokenError, and the
   *   errors of `refreshTokens` named there as passed on
   */
  accessToken(linkId: string, options?: { rejected?: string }): Promise<string>
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

  const isFresh = ({ accessExpiresAt }: CredentialRow) =>
    accessExpiresAt.getTime() - clock.now().getTime() > timings.freshForMs

  return {
    ...createGrantVault({ ...options, owner }),
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
    countByKey: store.countByKey,
    drain: refresher.drain,
  }
}
