import { randomBytes } from 'node:crypto'
import { type Collections, connectStore, prepareDatabase } from '@slipstream/persistence'
import { testDatabase } from '@slipstream/testing'
import {
  createGrantVault,
  createVault,
  parseTokenKeys,
  type SettledRevocation,
  type VaultOptions,
} from '../../src/index.ts'
import type { GrantVaultOptions } from '../../src/vault.ts'
import { judge, type Provider, pairOf, strictProvider } from './provider.ts'

export const keyEntry = (kid: string) => `${kid}:${randomBytes(32).toString('base64')}`

export const calm = { leaseMs: 10_000, callerWaitMs: 5_000, pollMs: 10, waitMs: 15_000, storePauseMs: 20 }
export const linkId = 'link_1'
export const athleteId = 'athlete_1'
export const stravaAthleteId = '41200011'

/** Whose link gets the grant of the account first, and whose gets it next. */
export const owner = { linkId, athleteId }
export const other = { linkId: 'link_2', athleteId: 'athlete_2' }

type VaultCollections = Pick<Collections<'ingestion'>, 'credentials' | 'accounts'>

/** The collections with one operation of one of them changed, as a bad network would. */
export const withOperation = (
  collections: VaultCollections,
  on: keyof VaultCollections,
  name: 'updateOne' | 'findOneAndUpdate' | 'deleteOne' | 'bulkWrite',
  change: (run: () => PromiseLike<unknown>) => unknown,
): VaultCollections => ({
  ...collections,
  [on]: new Proxy(collections[on], {
    get: (target, property) => {
      const operation = Reflect.get(target, property)
      if (property !== name) return operation
      return (...parameters: unknown[]) => change(() => Reflect.apply(operation, target, parameters))
    },
  }),
})

/** A database of its own, a provider that rotates strictly, and any number of vaults as separate processes would be. */
export const createBench = async () => {
  const database = testDatabase()
  const store = await connectStore({ uri: database.uri, owner: 'ingestion' })
  await prepareDatabase(store.connection)
  const collections: VaultCollections = store.collections
  const { credentials, accounts } = collections
  const firstKey = keyEntry('k1')
  const keyring = parseTokenKeys(firstKey)
  const state = {
    now: new Date(),
    provider: undefined as unknown as Provider,
    outcomes: [] as string[],
    settled: [] as SettledRevocation[],
  }
  const clock = { now: () => state.now }

  const grants = (options: Partial<GrantVaultOptions> = {}) =>
    createGrantVault({ collections, keyring, clock, timings: calm, ...options })
  const onSettled = async (settled: SettledRevocation) => void state.settled.push(settled)

  return {
    state,
    collections,
    /** The only one of the keyring, as an entry of `TOKEN_KEYS`. */
    firstKey,
    keyring,
    clock,
    grants,
    vault: (options: Partial<VaultOptions> = {}) =>
      createVault({
        collections,
        keyring,
        clock,
        refreshTokens: (token) => state.provider.refresh(token),
        judge,
        onRefresh: (outcome) => state.outcomes.push(outcome),
        timings: calm,
        ...options,
      }),
    begin: (status: 'pending' | 'active' = 'active', tokens = state.provider.current, holder = owner) =>
      grants().begin({ stravaAthleteId, ...holder, status, tokens }),
    beginOther: () => {
      const tokens = pairOf('of-other', new Date(state.now.getTime() + 3_600_000))
      return grants().begin({ stravaAthleteId, ...other, status: 'active', tokens })
    },
    onSettled,
    settleAll: async (revoke = state.provider.revoke) => {
      for (const accountId of await grants().owedDue(10)) await grants().settleOwed(accountId, { revoke, onSettled })
    },
    passTime: (ms: number) => {
      state.now = new Date(state.now.getTime() + ms)
    },
    stored: async (id = linkId) => {
      const credential = await credentials.findById(id).lean()
      if (!credential) throw new Error('there is no credential')
      return credential
    },
    /** The one account there is. */
    account: async () => await accounts.findOne({ isHeld: { $exists: true } }).lean(),
    reset: async () => {
      await credentials.deleteMany({})
      await accounts.deleteMany({ isHeld: { $exists: true } })
      state.now = new Date()
      state.provider = strictProvider(() => state.now)
      state.outcomes = []
      state.settled = []
    },
    close: async () => {
      await store.close()
      await database.drop()
    },
  }
}
