import type { SealedText } from '@slipstream/records'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type Account,
  claim,
  hold,
  isCallUnderWay,
  oweLate,
  putOff,
  type RevocableTokens,
  release,
  settle,
} from './account.ts'

const sealed: SealedText = { v: 1, kid: 'k', wrappedKey: '', wrapIv: '', wrapTag: '', iv: '', ciphertext: '', tag: '' }
const keptMs = 600_000
const leaseMs = 30_000

const tokensOf = (linkId: string, epoch: number, tokenVersion = 1): RevocableTokens => ({
  linkId,
  athleteId: `ath_${linkId}`,
  epoch,
  tokenVersion,
  accessToken: sealed,
  refreshToken: sealed,
  accessExpiresAt: new Date(0),
  isCertain: true,
})

const start = new Date('2026-11-26T12:00:00Z')
const held = hold(null, { linkId: 'a', athleteId: 'ath_a' }, start)
const owing = release(held, {
  holder: { linkId: 'a', athleteId: 'ath_a' },
  leaving: { kind: 'revoke', tokens: tokensOf('a', held.epoch) },
  now: start,
  keptMs,
})

describe('what is owed', () => {
  test('is made with the newest tokens; a call that is under way for older ones does not count for them', () => {
    const claimed = claim(owing, { callId: 'c1', now: start, leaseMs, isUrgent: true })
    const later = oweLate(claimed, tokensOf('a', held.epoch, 2), start)
    expect(later?.owed).toMatchObject({ tokenVersion: 2, callId: null, callUntil: claimed?.owed?.callUntil })
    expect(settle(later, { callId: 'c1', result: 'revoked', now: start, keptMs })).toBeNull()
    expect(oweLate(later, tokensOf('a', held.epoch, 1), start)?.owed).toEqual(later?.owed)
  })

  test('is tried later after each failure, at most an hour later', () => {
    let account: Account | null = owing
    const pauses: number[] = []
    for (let attempt = 1; attempt <= 12; attempt++) {
      account = putOff(claim(account, { callId: 'c', now: start, leaseMs, isUrgent: true }), {
        callId: 'c',
        now: start,
      })
      pauses.push((account!.owed!.nextTryAt.getTime() - start.getTime()) / 1000)
    }
    expect(pauses).toEqual([15, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600, 3600, 3600])
  })
})

type Step =
  | { kind: 'consent'; link: string }
  | { kind: 'unlink' }
  | { kind: 'late'; link: string }
  | { kind: 'claim' }
  | { kind: 'settle'; result: 'revoked' | 'unknown' }
  | { kind: 'fail' }

const link = fc.constantFrom('a', 'b', 'c')
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('consent' as const), link }),
  fc.record({ kind: fc.constant('unlink' as const) }),
  fc.record({ kind: fc.constant('late' as const), link }),
  fc.record({ kind: fc.constant('claim' as const) }),
  fc.record({ kind: fc.constant('settle' as const), result: fc.constantFrom('revoked' as const, 'unknown' as const) }),
  fc.record({ kind: fc.constant('fail' as const) }),
)

test('whatever happens in whatever order: one call at a time, known to who takes the account up, and every ended link is told', () => {
  fc.assert(
    fc.property(fc.array(anyStep, { maxLength: 40 }), (steps) => {
      let account: Account | null = null
      let callId: string | null = null
      /** A call that has left, and until when its end may be waited for. */
      let underWayUntil: Date | null = null
      const waiting = new Set<string>()
      steps.forEach((step, index) => {
        const now = new Date(start.getTime() + index * 1_000)
        const epochBefore: number = account?.epoch ?? 0
        let next: Account | null = null
        if (step.kind === 'consent') {
          // Who takes the account up learns of every call that has left.
          if (underWayUntil && underWayUntil > now) expect(isCallUnderWay(account, now)).toBe(true)
          next = hold(account, { linkId: step.link, athleteId: step.link }, now)
          expect(next.epoch).toBeGreaterThan(epochBefore)
        } else if (step.kind === 'unlink' && account?.isHeld) {
          const holder = { linkId: account.linkId, athleteId: account.athleteId }
          next = release(account, {
            holder,
            leaving: { kind: 'revoke', tokens: tokensOf(account.linkId, account.epoch) },
            now,
            keptMs,
          })
          waiting.add(account.linkId)
        } else if (step.kind === 'late') {
          next = oweLate(account, tokensOf(step.link, epochBefore - 1), now)
          if (next) waiting.add(step.link)
        } else if (step.kind === 'claim') {
          const mine = `call_${index}`
          next = claim(account, { callId: mine, now, leaseMs, isUrgent: true })
          if (next) {
            expect(isCallUnderWay(account, now)).toBe(false)
            callId = mine
            // While a link holds the account what is owed is cancelled, and no call leaves.
            underWayUntil = next.isHeld ? null : (next.owed?.callUntil ?? null)
          }
        } else if (step.kind === 'settle' && callId) {
          const told = account?.owed?.callId === callId ? account.owed.endedLinks : []
          underWayUntil = null
          next = settle(account, { callId, result: step.result, now, keptMs })
          if (next) for (const one of told) waiting.delete(one)
        } else if (step.kind === 'fail' && callId) {
          underWayUntil = null
          next = putOff(account, { callId, now })
        }
        account = next ?? account
        expect(new Set(account?.owed?.endedLinks)).toEqual(waiting)
        if (account?.isHeld) expect(account.endsAt).toBeNull()
        if (account?.endsAt) expect(account.owed).toBeNull()
      })
    }),
    { numRuns: 500 },
  )
})
