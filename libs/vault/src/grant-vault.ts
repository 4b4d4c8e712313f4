import { setTimeout as delay } from 'node:timers/promises'
import type { WritableCollection } from '@slipstream/persistence'
import { type Clock, newId } from '@slipstream/runtime'
import { createCredentialStore, type LeasedCredential } from './credential-store.ts'
import { SealBrokenError } from './envelope.ts'
import { RefreshUnavailableError } from './errors.ts'
import type { Keyring } from './keyring.ts'
import { defaultTimings, type Timings } from './timings.ts'
import { openToken, sealPair, type TokenPair } from './token-pair.ts'

export interface GrantVaultOptions {
  credentials: WritableCollection<'credentials'>
  keyring: Keyring
  clock: Clock
  /** Names this process in the leases it takes. */
  owner?: string
  /** A released credential could not be opened, so its grant lives on at the provider. `error` holds no secret. */
  onUnreadable?: (linkId: string, error: SealBrokenError) => void
  timings?: Partial<Timings>
}

/** What became of a released credential. Both are false when there was none. */
interface Released {
  /** False also when there was nothing to revoke with: the credential was dead, or does not open any more. */
  revoked: boolean
  deleted: boolean
}

/** Begins and ends grants; hands out no token. */
export interface GrantVault {
  /** Stores the tokens of a new grant; those of an earlier grant of the same link are replaced. */
  seal(grant: { linkId: string; athleteId: string; status: 'pending' | 'active'; tokens: TokenPair }): Promise<void>
  /** Pending becomes active. False when there is no credential or it is dead; true again when repeated. */
  activate(linkId: string): Promise<boolean>
  isActive(linkId: string): Promise<boolean>
  /**
   * Revokes the grant at the provider, then deletes the credential. Waits for a refresh under way, so that the token
   * revoked is the newest. When `revoke` rejects, the credential stays and this rejects with the same error: repeat it.
   * @throws RefreshUnavailableError when a refresh under way does not end in time
   */
  release(linkId: string, revoke: (refreshToken: string) => Promise<void>): Promise<Released>
}

export const createGrantVault = (options: GrantVaultOptions): GrantVault => {
  const { credentials, keyring, clock, onUnreadable = () => {} } = options
  const timings = { ...defaultTimings, ...options.timings }
  const owner = options.owner ?? newId('vault')
  const store = createCredentialStore({ credentials, clock, owner, leaseMs: timings.leaseMs })

  const leaseForRelease = async (linkId: string) => {
    const deadline = performance.now() + timings.waitMs
    for (;;) {
      const leased = await store.leaseForRelease(linkId)
      if (leased || !(await store.find(linkId))) return leased
      if (performance.now() > deadline) throw new RefreshUnavailableError(linkId, 'its lease is held for too long')
      await delay(timings.pollMs)
    }
  }

  /** Null when there is nothing to revoke with. A seal that is broken stays so: waiting for it would never end. */
  const tokenToRevoke = (leased: LeasedCredential): string | null => {
    if (leased.status === 'dead') return null
    try {
      return openToken(leased, 'refreshToken', keyring)
    } catch (error) {
      if (!(error instanceof SealBrokenError)) throw error
      onUnreadable(leased._id, error)
      return null
    }
  }

  const release: GrantVault['release'] = async (linkId, revoke) => {
    const leased = await leaseForRelease(linkId)
    if (!leased) return { revoked: false, deleted: false }
    const token = tokenToRevoke(leased)
    if (token !== null) {
      try {
        await revoke(token)
      } catch (error) {
        // Where this does not work either, the lease ends by its time; the failure to report is the first one.
        await Promise.allSettled([store.endLease(leased)])
        throw error
      }
    }
    const revoked = token !== null
    if (await store.remove(leased)) return { revoked, deleted: true }
    // The lease is lost when revoking took longer: the tokens may be newer ones now, so it starts again.
    const again = await release(linkId, revoke)
    return { ...again, revoked: revoked || again.revoked }
  }

  return {
    seal: ({ linkId, athleteId, status, tokens }) =>
      store.put(linkId, athleteId, status, sealPair(tokens, { linkId, athleteId }, keyring)),
    activate: store.activate,
    isActive: async (linkId) => (await store.find(linkId))?.status === 'active',
    release,
  }
}
