import { randomBytes } from 'node:crypto'
import { Secret, systemClock } from '@slipstream/runtime'
import { createGrantVault, createVault, parseTokenKeys } from '@slipstream/vault'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isLong } from '../support/token-timings.ts'
import { startTokenBench, type TokenBench, type TokenWorker } from '../support/token-workers.ts'
import { until } from '../support/until.ts'

// Promise 17: keys rotate under load, and nobody's call fails. Three processes are restarted one by one with each of [old],
// [old, new], [new, old] and [new] as `TOKEN_KEYS`, while they are asked for tokens all the time, some of which are refreshed; one
// that moves tokens to the new key is killed in the middle of a write.
const replicas = 3
const links = isLong ? 5_000 : 500
const accounts = ['anna', 'ben', 'chris', 'dana'] as const
/** Asks under way at any moment. */
const callers = 12
/** How soon the tokens are moved is not promised: this bounds only the wait for a move that never comes. */
const patienceMs = isLong ? 900_000 : 300_000

let bench: TokenBench
beforeAll(async () => {
  bench = await startTokenBench({})
})
afterAll(() => bench?.stop())

/** Links whose tokens are good for an hour; the one they are to get is known. */
const beginFresh = async (prefix: string, count: number, status: 'active' | 'pending'): Promise<string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `${prefix}_${index}`)
  for (let from = 0; from < count; from += 25) {
    await Promise.all(
      ids.slice(from, from + 25).map((linkId) =>
        bench.grants.begin({
          ...{ linkId, athleteId: `ath_${linkId}`, stravaAthleteId: `strava_${linkId}`, status },
          tokens: {
            accessToken: new Secret(`access_${linkId}`),
            refreshToken: new Secret(`refresh_${linkId}`),
            accessExpiresAt: new Date(Date.now() + 12 * 3_600_000),
          },
        }),
      ),
    )
  }
  return ids
}

/** Asks whoever runs for tokens, all the time. */
const startLoad = (fleet: TokenWorker[], fresh: readonly string[], refreshed: readonly string[]) => {
  const failures: string[] = []
  const underWay = new Map<TokenWorker, Set<Promise<unknown>>>()
  let asked = 0
  let isOver = false

  const askOnce = async (linkId: string, number: number): Promise<void> => {
    const worker = fleet[number % fleet.length]
    if (!worker) throw new Error('nobody runs')
    const answer = worker.ask(linkId)
    const ofWorker = underWay.get(worker) ?? new Set()
    underWay.set(worker, ofWorker.add(answer))
    const { tokens, errors } = await answer
    ofWorker.delete(answer)
    asked += 1
    failures.push(...errors)
    if (fresh.includes(linkId) && tokens[0] !== `access_${linkId}`) failures.push(`not the token of ${linkId}`)
  }
  const call = async (caller: number) => {
    for (let turn = 0; !isOver; turn++) {
      const number = caller + turn * callers
      const linkId = turn % 4 === 0 ? refreshed[number % refreshed.length] : fresh[(number * 7) % fresh.length]
      if (linkId) await askOnce(linkId, number)
    }
  }
  const versionOf = async (linkId: string) => (await bench.credential(linkId))?.tokenVersion ?? 0
  const expire = async () => {
    for (let turn = 0; !isOver; turn++) {
      const linkId = refreshed[turn % refreshed.length] ?? ''
      const version = await versionOf(linkId)
      await bench.expire(linkId)
      await until(patienceMs, async () => expect(await versionOf(linkId)).toBeGreaterThan(version)).catch(() => {
        failures.push(`${linkId} is not refreshed`)
        isOver = true
      })
    }
  }
  const callersRunning = Array.from({ length: callers }, (_, caller) => call(caller))
  const expiring = expire()
  return {
    failures,
    asked: () => asked,
    /** Resolves when the worker, which is asked no more, has answered. */
    released: async (worker: TokenWorker) => {
      await Promise.all(underWay.get(worker) ?? [])
    },
    stop: async () => {
      isOver = true
      await expiring
      await Promise.all(callersRunning)
    },
  }
}

test('three replicas, [old] to [new] one by one, a crash in the middle: no call fails', {
  timeout: 3_600_000,
}, async () => {
  const oldKey = bench.tokenKeys
  const newKey = `new:${randomBytes(32).toString('base64')}`
  const fresh = await beginFresh('fresh', links, 'active')
  const pending = await beginFresh('pending', 5, 'pending')
  for (const linkId of await beginFresh('gone', 5, 'active')) {
    await bench.grants.end({ linkId, athleteId: `ath_${linkId}` })
  }
  const refreshed = await Promise.all(accounts.map(async (account) => (await bench.link(account)).linkId))
  const { collections } = bench.store
  const calls = {
    refreshTokens: () => Promise.reject(new Error('none is due')),
    judge: () => ({ kind: 'transient' as const }),
  }
  const rotated = { collections, keyring: parseTokenKeys(newKey), clock: systemClock }
  const vault = createVault({ ...rotated, ...calls })
  const total = links + pending.length + accounts.length + 5 + 1
  expect(await vault.countByKey()).toEqual({ test: total })

  const start = (tokenKeys: string, diesAtReseal?: number) =>
    bench.startWorker({ tokenKeys, ...(diesAtReseal && { diesAtReseal }) })
  const fleet = await Promise.all(Array.from({ length: replicas }, () => start(oldKey)))
  const load = startLoad(fleet, fresh, refreshed)
  const replace = async (slot: number, next: TokenWorker) => {
    const [former] = fleet.splice(slot, 1, next)
    if (!former) return
    await load.released(former)
    former.signal('SIGTERM')
    expect(await former.exited()).toEqual({ code: 0, signal: null })
  }
  const roll = async (tokenKeys: string) => {
    for (let slot = 0; slot < replicas; slot++) await replace(slot, await start(tokenKeys))
  }

  await roll(`${oldKey},${newKey}`)
  // Nobody asks it: a process that is killed while it refreshes may cost a grant, which is another promise.
  const dying = await start(`${newKey},${oldKey}`, 2)
  expect(await dying.exited()).toMatchObject({ signal: 'SIGKILL' })
  expect(await vault.countByKey()).toMatchObject({ test: expect.any(Number), new: expect.any(Number) })
  await roll(`${newKey},${oldKey}`)
  await until(patienceMs, async () => expect(await vault.countByKey()).toEqual({ new: total }))
  await roll(newKey)
  await load.stop()

  expect(load.failures).toEqual([])
  expect(load.asked()).toBeGreaterThan(links)
  const refreshCalls = accounts.map(bench.refreshCalls)
  expect(refreshCalls.every(({ ok, refused }) => ok > 1 && refused === 0)).toBe(true)
  console.log(`${load.asked()} calls, ${refreshCalls.reduce((sum, { ok }) => sum + ok, 0)} refreshes, failed: 0`)

  for (const linkId of fresh) expect((await vault.accessToken(linkId)).reveal()).toBe(`access_${linkId}`)
  for (const linkId of refreshed) expect(await bench.isAlive(fleet[0]!, linkId)).toBe(true)
  const grants = createGrantVault(rotated)
  for (const linkId of pending) {
    expect(await grants.activate(linkId)).toBe(true)
    expect((await vault.accessToken(linkId)).reveal()).toBe(`access_${linkId}`)
  }
  const revoked: string[] = []
  for (const accountId of await grants.owedDue(10)) {
    await grants.settleOwed(accountId, {
      revoke: async (token) => void revoked.push(token.reveal()),
      onSettled: async () => {},
    })
  }
  expect(revoked.sort()).toEqual(Array.from({ length: 5 }, (_, index) => `refresh_gone_${index}`))
})
