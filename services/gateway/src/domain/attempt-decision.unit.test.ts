import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decideConnect, decideReturn, type Returned } from './attempt-decision.ts'
import type { LinkAttempt } from './model.ts'

const now = new Date('2026-11-26T12:00:00Z')
const at = (seconds: number) => new Date(now.getTime() + seconds * 1000)
const granted = (code: string): Returned => ({ kind: 'granted', code, codeHash: `hash of ${code}`, scopes: null })
const denied: Returned = { kind: 'denied', error: 'access_denied' }
const unreadable: Returned = { kind: 'unreadable' }

type Attempt = Pick<LinkAttempt, 'platform' | 'step' | 'expiresAt'> & { codeHash?: string }
const attempt = (change: Partial<Attempt>): Attempt => ({
  platform: 'web',
  step: 'issued',
  expiresAt: at(60),
  ...change,
})

describe('a visit to /connect', () => {
  const own = { hasAsked: true, hasConnected: true }
  const fresh = { hasAsked: true, hasConnected: false }
  const stranger = { hasAsked: false, hasConnected: false }
  const refuse = (code: string) => ({ kind: 'refuse', code })

  test.each([
    ['its browser, first', attempt({}), fresh, { kind: 'authorize' }],
    ['its browser, again', attempt({ step: 'authorizing' }), own, { kind: 'again' }],
    ['its browser, too late', attempt({ expiresAt: now }), fresh, refuse('link_expired')],
    ['its browser, again and too late', attempt({ step: 'authorizing', expiresAt: now }), own, refuse('link_expired')],
    ['its browser, after the end', attempt({ step: 'completed', expiresAt: at(-9) }), own, { kind: 'repeat' }],
    ['another browser', attempt({}), stranger, refuse('link_token_invalid')],
    [
      'another browser, too late: that is not told',
      attempt({ expiresAt: now }),
      stranger,
      refuse('link_token_invalid'),
    ],
    ['mobile: whoever comes first', attempt({ platform: 'mobile' }), stranger, { kind: 'authorize' }],
    ['mobile: the same again', attempt({ platform: 'mobile', step: 'authorizing' }), own, { kind: 'again' }],
    ['mobile: another', attempt({ platform: 'mobile', step: 'authorizing' }), fresh, refuse('link_token_invalid')],
  ])('%s', (_who, given, visitor, decision) => {
    expect(decideConnect(given, visitor, now)).toEqual(decision)
  })
})

describe('a return', () => {
  const authorizing = attempt({ step: 'authorizing' })
  const used = (step: Attempt['step']) => attempt({ step, codeHash: 'hash of a' })
  const take = { kind: 'take', isLate: false, isOtherBrowser: false }
  const refuse = (code: string) => ({ kind: 'refuse', code })

  test.each([
    ['with a code is taken', authorizing, granted('a'), true, take],
    [
      'that is late is taken to be given back',
      { ...authorizing, expiresAt: now },
      granted('a'),
      true,
      { ...take, isLate: true },
    ],
    ['in another browser is not', authorizing, granted('a'), false, refuse('link_token_invalid')],
    [
      'in another browser is, of the app',
      attempt({ ...authorizing, platform: 'mobile' }),
      granted('a'),
      false,
      { ...take, isOtherBrowser: true },
    ],
    [
      'in another browser, used, of the app, is not',
      { ...used('pending'), platform: 'mobile' as const },
      granted('a'),
      false,
      refuse('link_token_invalid'),
    ],
    ['that says no changes nothing', authorizing, denied, true, refuse('consent_denied')],
    ['that says no, late', { ...authorizing, expiresAt: now }, denied, true, refuse('link_expired')],
    ['without anything changes nothing', authorizing, unreadable, true, refuse('link_token_invalid')],
    ['again gets the answer', used('exchanging'), granted('a'), true, { kind: 'repeat' }],
    ['again, without its code, gets the answer', used('completed'), unreadable, true, { kind: 'repeat' }],
    ['of an attempt of 0.1 gets the answer', attempt({ step: 'completed' }), granted('b'), true, { kind: 'repeat' }],
    ['with another code', used('failed'), granted('b'), true, { kind: 'later' }],
  ])('%s', (_what, given, returned, hasConnected, decision) => {
    expect(decideReturn(given, returned, hasConnected, now)).toEqual(decision)
  })
})

/**
 * An attempt as the rows have it, visited by its own browser and by others in any order: what the handlers do on a decision, with
 * the writes of the repository.
 */
const live = (platform: 'web' | 'mobile') => {
  let row = attempt({ platform })
  let clock = now
  let owner: string | null = platform === 'web' ? 'own' : null
  const exchanged: string[] = []
  const effects: { browser: string; kind: string }[] = []
  const note = (browser: string, kind: string) => void effects.push({ browser, kind })
  return {
    exchanged,
    effects,
    row: () => row,
    pass: (seconds: number) => {
      clock = new Date(clock.getTime() + seconds * 1000)
    },
    connect: (browser: string) => {
      const isItsOwn = owner === browser
      const { kind } = decideConnect(row, { hasAsked: isItsOwn, hasConnected: isItsOwn }, clock)
      if (kind === 'authorize') {
        row = { ...row, step: 'authorizing', expiresAt: new Date(clock.getTime() + 600_000) }
        owner ??= browser
      }
      note(browser, kind)
    },
    comeBack: (browser: string, returned: Returned) => {
      const decision = decideReturn(row, returned, owner === browser, clock)
      if (returned.kind === 'granted' && (decision.kind === 'take' || decision.kind === 'later')) {
        if (!exchanged.includes(returned.code)) exchanged.push(returned.code)
        if (decision.kind === 'take') row = { ...row, step: 'exchanging', codeHash: returned.codeHash }
      }
      note(browser, decision.kind)
      return decision.kind
    },
    end: (step: 'completed' | 'failed' | 'pending') => {
      if (row.step === 'exchanging') row = { ...row, step }
    },
  }
}

const browsers = fc.constantFrom('own', 'stranger')
const returns = fc.constantFrom(granted('a'), granted('b'), denied, unreadable)
const visits = fc.array(
  fc.oneof(
    fc.record({ visit: fc.constant('connect' as const), browser: browsers }),
    fc.record({ visit: fc.constant('back' as const), browser: browsers, returned: returns }),
    fc.record({ visit: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 400 }) }),
    fc.record({ visit: fc.constant('end' as const), step: fc.constantFrom('completed', 'failed', 'pending') }),
  ),
  { maxLength: 14 },
)

test.each(['web', 'mobile'] as const)('%s: whoever visits in whatever order', (platform) => {
  fc.assert(
    fc.property(visits, (steps) => {
      const one = live(platform)
      for (const step of steps) {
        if (step.visit === 'connect') one.connect(step.browser)
        else if (step.visit === 'back') {
          // Nobody knows the state before /connect has made it.
          if (one.row().step !== 'issued') one.comeBack(step.browser, step.returned)
        } else if (step.visit === 'pass') one.pass(step.seconds)
        else one.end(step.step)
      }
      // The state is consumed once.
      expect(one.effects.filter(({ kind }) => kind === 'take').length).toBeLessThanOrEqual(1)
      if (platform === 'web') {
        const others = one.effects.filter(({ browser }) => browser === 'stranger')
        expect(others.every(({ kind }) => kind === 'refuse')).toBe(true)
      }
      // Once there is an answer, its own browser gets it for the same code, however often it asks.
      const { step, codeHash } = one.row()
      const code = codeHash?.replace('hash of ', '')
      const owner = one.effects.find(({ kind }) => kind === 'authorize')?.browser
      if (step !== 'issued' && step !== 'authorizing' && code && owner) {
        expect(one.comeBack(owner, granted(code))).toBe('repeat')
      }
    }),
    { numRuns: 2_000 },
  )
})
