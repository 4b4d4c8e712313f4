import { env, pid } from 'node:process'
import { createTokenCalls, judgeRefresh } from '@slipstream/gate'
import { connectStore, type WritableCollection } from '@slipstream/persistence'
import { createQuotaLedger } from '@slipstream/quota'
import { newId, repeat, runService, Secret, systemClock } from '@slipstream/runtime'
import { createStravaOAuth } from '@slipstream/strava'
import { createVault, parseTokenKeys } from '@slipstream/vault'
import type { Order, Report, Step } from './token-workers.ts'

// A process with a real vault, as ingestion has it, which can be told to halt at one step of a refresh, or to die while it moves
// tokens to another key.

const report = (one: Report): Promise<void> =>
  new Promise((resolve) => process.send?.(one, undefined, {}, () => resolve()))

const halts = new Map<string, { at: Step; how: NonNullable<Order['halt']>['how'] }>()
let goOn = Promise.withResolvers<void>()
let resealWrites = 0

const reach = async (step: Step, linkId: string): Promise<void> => {
  const halt = halts.get(linkId)
  if (halt?.at !== step) return
  halts.delete(linkId)
  await report({ kind: 'halts', linkId, step })
  if (halt.how === 'wait') await goOn.promise
  else process.kill(pid, halt.how)
}

/** The collection, with a halt before the lease is taken and one after a pair was stored. */
const haltingAt = (credentials: WritableCollection<'credentials'>): WritableCollection<'credentials'> =>
  new Proxy(credentials, {
    get: (target, property) => {
      const operation: (...parameters: unknown[]) => { lean(): Promise<unknown> } = Reflect.get(target, property)
      if (property === 'findOneAndUpdate') {
        return (filter: { _id: string }, ...others: unknown[]) => ({
          lean: async () => {
            await reach('looking', filter._id)
            return await Reflect.apply(operation, target, [filter, ...others]).lean()
          },
        })
      }
      if (property === 'bulkWrite') {
        return (...parameters: unknown[]) => {
          const result = Reflect.apply(operation, target, parameters)
          resealWrites += 1
          // On its way, and nobody hears what became of it.
          if (resealWrites === Number(env.DIE_AT_RESEAL)) setImmediate(() => process.kill(pid, 'SIGKILL'))
          return result
        }
      }
      if (property === 'updateOne') {
        return async (filter: { _id: string }, update: unknown, ...others: unknown[]) => {
          const result = await Reflect.apply(operation, target, [filter, update, ...others])
          // The one update of a credential that is a pipeline.
          if (Array.isArray(update)) await reach('stored', filter._id)
          return result
        }
      }
      return operation
    },
  })

await runService(async () => {
  const store = await connectStore({ uri: env.MONGODB_URI ?? '', owner: 'ingestion' })
  const oauth = createStravaOAuth({
    clientId: '12345',
    clientSecret: new Secret('simulator-secret'),
    baseUrl: env.STRAVA_OAUTH_BASE_URL ?? '',
    redirectUri: env.STRAVA_OAUTH_BASE_URL ?? '',
  })
  const ledger = createQuotaLedger({ collections: store.collections, clientId: '12345', clock: systemClock })
  const onReportFailed = () => {}
  const vault = createVault({
    collections: { ...store.collections, credentials: haltingAt(store.collections.credentials) },
    keyring: parseTokenKeys(env.TOKEN_KEYS ?? ''),
    clock: systemClock,
    owner: newId('worker'),
    timings: JSON.parse(env.TIMINGS ?? '{}'),
    judge: judgeRefresh,
    refreshTokens: async (refreshToken, owner) => {
      await reach('leased', owner.linkId)
      const refresh: typeof oauth.refresh = async (request) => {
        const tokens = await oauth.refresh(request)
        await reach('rotated', owner.linkId)
        return tokens
      }
      const calls = createTokenCalls({ oauth: { ...oauth, refresh }, ledger, clock: systemClock, onReportFailed })
      return await calls.refreshTokens(refreshToken, owner)
    },
  })

  const resealing = repeat(
    async () => {
      await vault.reseal()
    },
    { everyMs: 100, onError: (error) => console.error('moving tokens failed', error) },
  )

  const ask = async ({ id, linkId, callers = 1 }: Order): Promise<void> => {
    const answers = Array.from({ length: callers }, async () => (await vault.accessToken(linkId)).reveal())
    const settled = await Promise.allSettled(answers)
    await report({
      kind: 'answers',
      id,
      tokens: settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])),
      errors: settled.flatMap((one) => (one.status === 'rejected' ? [String(one.reason.code ?? one.reason)] : [])),
    })
  }

  return {
    start: async () => {
      process.on('message', (order: Order | 'go on') => {
        if (order === 'go on') {
          goOn.resolve()
          goOn = Promise.withResolvers()
          return
        }
        if (order.halt) halts.set(order.linkId, order.halt)
        void ask(order)
      })
      await report({ kind: 'ready' })
    },
    stop: async () => {
      await report({ kind: 'stopping' })
      await resealing.stop()
      await vault.drain(AbortSignal.timeout(17_000))
      await store.close()
    },
  }
})
