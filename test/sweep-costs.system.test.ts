import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSweepCosts, worst } from './support/sweep-costs.ts'

const isLong = process.env.SLIPSTREAM_LONG === '1'
const sizes = { small: 1_000, large: isLong ? 100_000 : 10_000 }
/** More than a million rows take their time. */
const limitMs = isLong ? 1_800_000 : 600_000

let costs: Awaited<ReturnType<typeof startSweepCosts>>
beforeAll(async () => {
  costs = await startSweepCosts()
})
afterAll(() => costs?.stop())

test(
  'no sweep, claim or gauge scans a collection or costs more with ten times the athletes',
  async () => {
    const small = await costs.profile(sizes.small)
    const large = await costs.profile(sizes.large)
    expect([...small, ...large].filter(({ isScan }) => isScan).map(({ name }) => name)).toEqual([])
    const before = worst(small)
    const grown = [...worst(large)].filter(([name, examined]) => examined > (before.get(name) ?? 0) + 20)
    expect(grown).toEqual([])
  },
  limitMs,
)
