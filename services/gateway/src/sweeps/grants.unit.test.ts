import { systemClock } from '@slipstream/runtime'
import type { GrantTurn } from '@slipstream/vault'
import { describe, expect, it } from 'vitest'
import type { Link } from '../domain/model.ts'
import { adoptLinks, followGrants, type GrantSweepDeps } from './grants.ts'

const linkOf = (linkId: string): Link => ({
  ...{ linkId, athleteId: `ath_${linkId}`, stravaAthleteId: '1', displayName: 'Anna', scopes: [] },
  ...{
    status: 'active',
    statusSince: new Date(0),
    errorCode: null,
    linkedAt: new Date(0),
    manualSync: null,
    outbox: [],
  },
})

/** 100 links that cannot be read, and one behind them. */
const linkIds = [...Array.from({ length: 100 }, (_, index) => `lnk_${100 + index}`), 'lnk_good']
const turns = linkIds.map((linkId, index): GrantTurn => ({ linkId, status: 'dead', turnedAt: new Date(1_000 + index) }))

const deps = () => {
  const done: string[] = []
  const failed: string[] = []
  const sweep: GrantSweepDeps = {
    links: {
      find: async (linkId) => {
        if (linkId !== 'lnk_good') throw new Error('cannot be read')
        return linkOf(linkId)
      },
      requireReauth: async (linkId) => done.push(linkId) > 0,
      revive: async () => false,
    },
    vault: {
      turns: async (after, limit) => turns.filter(({ turnedAt }) => !after || turnedAt > after).slice(0, limit),
      heard: async () => {},
      withoutAccount: async (after, limit) => linkIds.filter((linkId) => !after || linkId > after).slice(0, limit),
      adopt: async ({ linkId }) => void done.push(linkId),
    },
    clock: systemClock,
    newId: () => 'id',
    nudge: () => {},
    facts: { reauthRequired: () => {}, grantRevived: () => {}, rowFailed: (what) => void failed.push(what) },
  }
  return { sweep, done, failed }
}

describe.each([
  ['grants that died', followGrants],
  ['links without an account', adoptLinks],
])('the sweep over %s', (_what, create) => {
  it('comes to those behind many that fail, and begins anew at the end', async () => {
    const { sweep, done, failed } = deps()
    const turn = create(sweep)
    await turn()
    expect({ done, failures: failed.length }).toEqual({ done: [], failures: 100 })
    await turn()
    expect({ done, failures: failed.length }).toEqual({ done: ['lnk_good'], failures: 100 })
    await turn()
    expect(failed).toHaveLength(200)
  })
})
