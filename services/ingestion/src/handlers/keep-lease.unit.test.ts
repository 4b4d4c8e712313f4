import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { RunLease, RunStore } from '../domain/ports.ts'
import { keepLease } from './keep-lease.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const lease = { fence: 1 } as RunLease
const timings = { leaseMs: 20_000, renewEveryMs: 5_000 }
const seconds = (count: number) => vi.advanceTimersByTimeAsync(count * 1_000)

const keep = (renew: RunStore['renew']) => keepLease({ renew }, lease, timings)

it('keeps the work going while renewals fail, until the lease would end', async () => {
  const kept = keep(() => Promise.reject(new Error('no primary')))
  await seconds(19)
  expect(kept.signal.aborted).toBe(false)
  await seconds(1)
  expect(kept.signal.aborted).toBe(true)
  expect(kept.signal.reason).toMatchObject({ code: 'transient', cause: new Error('no primary') })
})

it('goes on after failures as soon as a renewal works', async () => {
  let calls = 0
  const kept = keep(async () => {
    calls += 1
    if (calls <= 2) throw new Error('no primary')
    return true
  })
  await seconds(120)
  expect(kept.signal.aborted).toBe(false)
  kept.stop()
})

it('counts a slow renewal from when it was asked for', async () => {
  let calls = 0
  const kept = keep(() => {
    calls += 1
    // Asked after 5 s and answered after 17 s; the others never are.
    return calls === 1 ? new Promise((resolve) => setTimeout(() => resolve(true), 12_000)) : new Promise(() => {})
  })
  await seconds(24)
  expect(kept.signal.aborted).toBe(false)
  await seconds(1)
  expect(kept.signal.aborted).toBe(true)
})

it('ends the work at once when another holds the lease', async () => {
  const kept = keep(async () => false)
  await seconds(5)
  expect(kept.signal.aborted).toBe(true)
  kept.stop()
})

it('leaves nothing running once stopped, also when a renewal is answered afterwards', async () => {
  const kept = keep(() => new Promise((resolve) => setTimeout(() => resolve(true), 1_000)))
  await seconds(5)
  kept.stop()
  await seconds(1)
  expect(vi.getTimerCount()).toBe(0)
  expect(kept.signal.aborted).toBe(false)
})
