import type { CallReport, QuotaLedger, TakeResult, Wait } from '@slipstream/quota'
import { Secret } from '@slipstream/runtime'
import { StravaError } from '@slipstream/strava'
import { CredentialMissingError, GrantDeadError, RefreshUnavailableError, SealBrokenError } from '@slipstream/vault'
import { describe, expect, test } from 'vitest'
import { createCountedCall } from './counted-call.ts'
import { createGate } from './gate.ts'
import { HeldBackError } from './held-back.ts'
import { troubleTable } from './trouble-table.ts'

const now = new Date('2026-11-20T12:05:00Z')
const later = new Date('2026-11-20T12:15:01Z')
const clock = { now: () => now }
const page = { data: [], unreadable: [], quota: null }

interface Given {
  permits?: TakeResult[]
  waits?: (Wait | null)[]
  tokens?: (string | Error)[]
  answers?: (typeof page | StravaError)[]
  /** How often each call is tried; all but the last fail in passing. */
  attempts?: number
  activityFailure?: StravaError
  /** What becomes of a word to the ledger, beside what it says to wait for. */
  reporting?: Promise<void>
}

/** The gate between a ledger, a vault and a Strava that answer as given, in this order. */
const gateWith = ({
  permits = [],
  waits = [],
  tokens = ['token-1'],
  answers = [page],
  attempts = 1,
  activityFailure = failure('not_found', 404),
  reporting = Promise.resolve(),
}: Given) => {
  const reports: Pick<CallReport, 'shows' | 'hasFailedAthlete' | 'isRepeat'>[] = []
  const asked: (string | undefined)[] = []
  const sent: string[] = []
  const notTold: unknown[] = []
  const ledger: Pick<QuotaLedger, 'take' | 'report'> = {
    take: async () => permits.shift() ?? { granted: true, validUntil: later },
    report: async ({ shows, hasFailedAthlete = false, isRepeat }) => {
      reports.push({ shows, hasFailedAthlete, ...(isRepeat && { isRepeat }) })
      await reporting
      return waits.shift() ?? null
    },
  }
  const gate = createGate({
    api: {
      listActivities: async ({ accessToken, beforeAttempt }) => {
        for (let attempt = 1; attempt <= attempts; attempt += 1) await beforeAttempt?.()
        sent.push(accessToken.reveal())
        const answer = answers.shift()
        if (answer instanceof StravaError) throw answer
        return answer ?? page
      },
      getAthlete: async ({ beforeAttempt }) => {
        await beforeAttempt?.()
        return { data: { stravaAthleteId: '1', displayName: null }, quota: null }
      },
      getActivity: async ({ beforeAttempt }) => {
        await beforeAttempt?.()
        throw activityFailure
      },
    },
    vault: {
      accessToken: async (_linkId, { rejected } = {}) => {
        asked.push(rejected?.reveal())
        const token = tokens.shift() ?? 'token-n'
        if (token instanceof Error) throw token
        return new Secret(token)
      },
    },
    countedCall: createCountedCall({ ledger, clock, onReportFailed: (error) => notTold.push(error) }),
    stravaAthleteOf: async () => '1',
    clock,
  })
  const request = { linkId: 'lnk', athleteId: 'ath', lane: 'scheduled' as const }
  return {
    list: () => gate.listActivities(request, { page: 1, perPage: 200 }),
    gate,
    request,
    reports,
    asked,
    sent,
    notTold,
  }
}

const failure = (outcome: ConstructorParameters<typeof StravaError>[0]['outcome'], httpStatus = 400) =>
  new StravaError({ endpoint: 'activities', outcome, httpStatus })
const wait = (reason: Wait['reason'], failingSince: Date | null = null): Wait => ({
  reason,
  until: later,
  failingSince,
})

describe('a call', () => {
  test('that worked waits for no ledger, and does not fail with it', async () => {
    const { promise: reporting, reject } = Promise.withResolvers<void>()
    const { list, reports, notTold } = gateWith({ reporting })
    expect(await list()).toEqual({ kind: 'answered', answer: page })
    expect(reports).toEqual([{ shows: 'works', hasFailedAthlete: false }])
    const error = new Error('the ledger is away')
    reject(error)
    await expect.poll(() => notTold).toEqual([error])
  })

  test('takes a token, a permit, and tells the ledger that it worked', async () => {
    const { list, reports, sent } = gateWith({})
    expect(await list()).toEqual({ kind: 'answered', answer: page })
    expect([sent, reports]).toEqual([['token-1'], [{ shows: 'works', hasFailedAthlete: false }]])
  })

  test('that gets no permit is not made', async () => {
    const { list, sent, reports } = gateWith({ permits: [{ granted: false, reason: 'quota', retryAt: later }] })
    expect(await list()).toEqual({ kind: 'wait', reason: 'quota', until: later })
    expect([sent, reports]).toEqual([[], []])
  })

  test('takes another permit where a stall has outlasted the first, and gives up where all are', async () => {
    const spent: TakeResult = { granted: true, validUntil: now }
    expect(await gateWith({ permits: [spent] }).list()).toMatchObject({ kind: 'answered' })
    expect(await gateWith({ permits: [spent, spent, spent] }).list()).toMatchObject({ kind: 'wait', reason: 'quota' })
  })
})

describe('a call that is tried again', () => {
  const failed = { shows: 'nothing', hasFailedAthlete: false }

  test('is one failure, of which the athlete is told at its end', async () => {
    const { list, reports } = gateWith({ attempts: 3, answers: [failure('transient', 500)] })
    await list()
    expect(reports).toEqual([
      failed,
      { ...failed, isRepeat: true },
      { shows: 'nothing', hasFailedAthlete: true, isRepeat: true },
    ])
  })

  test('and held back before it could be has failed for the athlete', async () => {
    const granted: TakeResult = { granted: true, validUntil: later }
    const stopped: TakeResult = { granted: false, reason: 'strava', retryAt: now }
    const { list, reports } = gateWith({ attempts: 2, permits: [granted, stopped], waits: [null, wait('strava')] })
    expect(await list()).toEqual({ kind: 'wait', reason: 'strava', until: later })
    expect(reports).toEqual([failed, { shows: 'nothing', hasFailedAthlete: true, isRepeat: true }])
  })
})

describe('a refused access token', () => {
  test('is replaced once', async () => {
    const { list, asked, sent } = gateWith({
      tokens: ['old', 'new'],
      answers: [failure('access_token_dead', 401), page],
    })
    expect(await list()).toMatchObject({ kind: 'answered' })
    expect([asked, sent]).toEqual([
      [undefined, 'old'],
      ['old', 'new'],
    ])
  })

  test('that was fresh is no matter of the token any more: the athlete waits, and after a day somebody must act', async () => {
    const dead = failure('access_token_dead', 401)
    const refused = (since: Date) => gateWith({ answers: [dead, dead], waits: [null, wait('strava', since)] })
    const today = refused(now)
    expect(await today.list()).toEqual({ kind: 'wait', reason: 'strava', until: later })
    expect(today.reports).toEqual([
      { shows: 'answers', hasFailedAthlete: false },
      { shows: 'answers', hasFailedAthlete: true },
    ])
    const aDayAgo = new Date(now.getTime() - 24 * 3_600_000)
    expect(await refused(aDayAgo).list()).toEqual({ kind: 'failed', code: 'strava_refuses' })
  })
})

describe('a failure', () => {
  test.each([
    [
      'of the app makes wait for the operator',
      failure('app_inactive', 403),
      wait('app'),
      { kind: 'wait', reason: 'app' },
    ],
    ['nobody can explain makes wait', failure('unexpected', 200), wait('strava'), { kind: 'wait', reason: 'strava' }],
    ['for the quota makes wait', failure('rate_limited', 429), wait('quota'), { kind: 'wait', reason: 'quota' }],
    ['of the grant ends it', failure('scope_missing', 401), null, { kind: 'grant_lost', code: 'scope_missing' }],
  ])('%s', async (_what, error, afterwards, outcome) => {
    expect(await gateWith({ answers: [error], waits: [afterwards] }).list()).toMatchObject(outcome)
  })

  test('of a single activity is not the athlete’s', async () => {
    const { gate, request, reports } = gateWith({ activityFailure: failure('transient', 500) })
    await gate.getActivity(request, '1')
    expect(reports).toMatchObject([{ shows: 'nothing', hasFailedAthlete: false }])
  })

  test('for a reason of the athlete is told with the code that the table gives it', async () => {
    const { list } = gateWith({ answers: [failure('code_invalid')] })
    expect(await list()).toEqual({ kind: 'failed', code: troubleTable.code_invalid.code })
  })

  test('of a list that is not there is no absence', async () => {
    const { list } = gateWith({ answers: [failure('not_found', 404)] })
    expect(await list()).toEqual({ kind: 'failed', code: 'strava_refuses' })
  })

  test('of a single activity that is not there is told as that', async () => {
    const { gate, request } = gateWith({})
    expect(await gate.getActivity(request, '1')).toEqual({ kind: 'absent', isCertain: false })
  })
})

describe('a token that cannot be had', () => {
  const heldBack = new HeldBackError(wait('strava'))
  test.each([
    ['as the grant is dead', new GrantDeadError('lnk'), { kind: 'grant_lost', code: 'reauth_required' }],
    ['as none is stored', new CredentialMissingError('lnk'), { kind: 'no_token' }],
    ['as refreshes are stopped', heldBack, { kind: 'wait', reason: 'strava', until: later }],
    [
      'as refreshes are stopped, told through the vault',
      new RefreshUnavailableError('lnk', 'x', { cause: heldBack }),
      { kind: 'wait', reason: 'strava', until: later },
    ],
    [
      'as another process refreshes it',
      new RefreshUnavailableError('lnk', 'x'),
      { kind: 'wait', reason: 'strava', until: new Date(now.getTime() + 10_000) },
    ],
    ['as it does not open', new SealBrokenError('k1', 'x'), { kind: 'failed', code: 'app_misconfigured' }],
  ])('%s, costs no permit', async (_what, error, outcome) => {
    const { list, sent, reports } = gateWith({ tokens: [error] })
    expect(await list()).toEqual(outcome)
    expect([sent, reports]).toEqual([[], []])
  })

  test('for a reason nobody foresaw is passed on', async () => {
    await expect(gateWith({ tokens: [new Error('a bug')] }).list()).rejects.toThrow('a bug')
  })
})
