import type { Clock } from '@slipstream/runtime'
import type { Adapter, AdapterFactory, AdapterPayload } from 'oidc-provider'

interface Entry {
  readonly payload: AdapterPayload
  readonly expiresAtMs: number
}

/** What the issuer has to remember, in memory: a restart signs everybody out. One map per kind of thing. */
export const createMemoryAdapter = (clock: Clock): AdapterFactory => {
  const kinds = new Map<string, Map<string, Entry>>()

  return (kind): Adapter => {
    const entries = kinds.get(kind) ?? new Map<string, Entry>()
    kinds.set(kind, entries)
    const living = (id: string): AdapterPayload | undefined => {
      const entry = entries.get(id)
      if (entry && entry.expiresAtMs > clock.now().getTime()) return entry.payload
      entries.delete(id)
      return undefined
    }
    const findBy = async (field: 'uid' | 'userCode', value: string) => {
      for (const id of entries.keys()) {
        const payload = living(id)
        if (payload?.[field] === value) return payload
      }
      return undefined
    }
    return {
      upsert: async (id, payload, expiresInSeconds) => {
        const expiresAtMs = expiresInSeconds === undefined ? Infinity : clock.now().getTime() + expiresInSeconds * 1000
        entries.set(id, { payload, expiresAtMs })
      },
      find: async (id) => living(id),
      findByUid: (uid) => findBy('uid', uid),
      findByUserCode: (userCode) => findBy('userCode', userCode),
      consume: async (id) => {
        const payload = living(id)
        if (payload) payload.consumed = Math.floor(clock.now().getTime() / 1000)
      },
      destroy: async (id) => {
        entries.delete(id)
      },
      revokeByGrantId: async (grantId) => {
        for (const [id, { payload }] of entries) if (payload.grantId === grantId) entries.delete(id)
      },
    }
  }
}
