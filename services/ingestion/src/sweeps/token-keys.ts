import type { Vault } from '@slipstream/vault'
import type { Facts } from '../facts.ts'

/** Moves what is sealed under older keys of `TOKEN_KEYS` to the first one, and notices keys that are missing. */
export const resealTokens =
  ({ vault, facts }: { vault: Pick<Vault, 'reseal'>; facts: Pick<Facts, 'tokensResealed'> }) =>
  async (): Promise<void> => {
    for (const moved of await vault.reseal()) facts.tokensResealed(moved)
  }
