import { startSweepCosts, worst } from '../support/sweep-costs.ts'
import type { Bench, Figure } from './report.ts'

const sizes = [1_000, 100_000, 1_000_000]

/** Keys and documents that idle services look at in each statement of their sweeps, claims, relays and gauges. */
export const benchSweeps: Bench = async () => {
  const costs = await startSweepCosts()
  try {
    const found: { athletes: number; examined: Map<string, number>; scans: number }[] = []
    for (const athletes of sizes) {
      const statements = await costs.profile(athletes)
      found.push({ athletes, examined: worst(statements), scans: statements.filter(({ isScan }) => isScan).length })
    }
    const names = [...new Set(found.flatMap(({ examined }) => [...examined.keys()]))]
    const examinedBy = (name: string) => found.map(({ examined }) => examined.get(name) ?? 0)
    // What looks at nothing or at a single row anywhere is left out.
    const figures: Figure[] = names
      .filter((name) => examinedBy(name).some((examined) => examined > 2))
      .map((name) => ({ what: name, measured: examinedBy(name).join(' / '), wanted: 'the same in each' }))
    const scans = found.map((each) => each.scans).join(' / ')
    return {
      title: `sweeps: most examined by one statement of idle services, at ${sizes.map((size) => size.toLocaleString('en')).join(' / ')} athletes`,
      figures: [{ what: 'collection scans', measured: scans, wanted: 'none' }, ...figures],
    }
  } finally {
    await costs.stop()
  }
}
