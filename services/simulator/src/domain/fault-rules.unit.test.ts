import { describe, expect, it } from 'vitest'
import { type FaultRule, faultRuleSchema, takeEffects } from './fault-rules.ts'

const rule = (part: object): FaultRule => faultRuleSchema.parse({ effect: { kind: 'cut' }, ...part })
const anna = { account: 'anna', stravaAthleteId: 41_200_011 }
const never = () => {
  throw new Error('chance was not to be asked')
}

describe('a rule', () => {
  it('hits its endpoint only', () => {
    const rules = [rule({ endpoint: 'refresh' })]
    expect(takeEffects(rules, { endpoint: 'token', athlete: null }, never).effects).toEqual([])
    expect(takeEffects(rules, { endpoint: 'refresh', athlete: null }, never).effects).toEqual([{ kind: 'cut' }])
  })
  it('hits every endpoint without one', () => {
    expect(takeEffects([rule({})], { endpoint: 'activity', athlete: null }, never).effects).toHaveLength(1)
  })
  it('hits its athlete only, by name or id', () => {
    for (const athlete of ['anna', '41200011']) {
      const rules = [rule({ athlete })]
      expect(takeEffects(rules, { endpoint: 'athlete', athlete: anna }, never).effects).toHaveLength(1)
      expect(takeEffects(rules, { endpoint: 'athlete', athlete: null }, never).effects).toHaveLength(0)
    }
  })
  it('is used up after its times', () => {
    let rules: readonly FaultRule[] = [rule({ times: 2 })]
    const hits = [1, 2, 3].map(() => {
      const taken = takeEffects(rules, { endpoint: 'athlete', athlete: anna }, never)
      rules = taken.rules
      return taken.effects.length
    })
    expect(hits).toEqual([1, 1, 0])
    expect(rules).toEqual([])
  })
  it('hits with its probability and stays', () => {
    const rules = [rule({ probability: 0.3 })]
    const call = { endpoint: 'athlete', athlete: anna } as const
    expect(takeEffects(rules, call, () => 0.29).effects).toHaveLength(1)
    expect(takeEffects(rules, call, () => 0.3)).toEqual({ effects: [], rules })
  })
})
