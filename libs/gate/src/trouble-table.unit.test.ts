import { errorCatalogue } from '@slipstream/contracts'
import { StravaError } from '@slipstream/strava'
import { describe, expect, test } from 'vitest'
import { HeldBackError, TokenCallError } from './held-back.ts'
import { judgeRefresh } from './token-calls.ts'
import { showingOf, troubleTable } from './trouble-table.ts'

const kinds = Object.keys(troubleTable) as (keyof typeof troubleTable)[]

test.each(kinds)('%s: who must act fits whose trouble it is', (kind) => {
  const trouble = troubleTable[kind]
  const { actor } = errorCatalogue[trouble.code]
  if (trouble.whose === 'unknown') expect([actor, showingOf(trouble)]).toEqual(['nobody', 'nothing'])
  if (trouble.whose === 'app') expect(actor).toBe(kind === 'rate_limited' ? 'nobody' : 'operator')
  if (trouble.whose === 'athlete') expect(showingOf(trouble)).toBe('answers')
})

describe('a failed refresh', () => {
  const failed = (outcome: ConstructorParameters<typeof StravaError>[0]['outcome'], httpStatus?: number) =>
    new StravaError({ endpoint: 'refresh', outcome, ...(httpStatus !== undefined && { httpStatus }) })

  test.each([
    ['a dead token ends the grant', failed('refresh_token_dead', 400), { kind: 'dead' }],
    ['an app that is off is passed on', failed('app_inactive', 403), { kind: 'passed_on' }],
    ['no answer leaves open what Strava did', failed('timeout'), { kind: 'transient' }],
    ['an unexplained refusal names itself', failed('unexpected', 400), { kind: 'refused', reason: '400 unexpected' }],
    ['a success that nobody can read does, too', failed('unexpected', 200), { kind: 'transient' }],
    ['an unknown error as well', new Error('x'), { kind: 'transient' }],
    [
      'one that was not made replaced nothing',
      new HeldBackError({ reason: 'strava', until: new Date(), failingSince: null }),
      { kind: 'passed_on' },
    ],
  ])('%s', (_what, error, verdict) => {
    expect(judgeRefresh(error)).toEqual(verdict)
    if (error instanceof StravaError) expect(judgeRefresh(new TokenCallError(error, null))).toEqual(verdict)
  })
})
