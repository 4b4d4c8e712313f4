import type { DayBudget } from '@slipstream/quota'
import type { Clock } from '@slipstream/runtime'
import { type Cadence, type CadenceSettings, cadenceFor } from '../domain/cadence.ts'
import type { LinkReader, RunReader } from '../domain/ports.ts'
import type { Facts } from '../facts.ts'

export interface CadenceDeps {
  settings: CadenceSettings
  links: Pick<LinkReader, 'countActive'>
  runs: Pick<RunReader, 'callsPerTurn'>
  dayBudget: DayBudget
  clock: Clock
  facts: Pick<Facts, 'cadenceFound'>
}

/** What it depends on changes slowly. */
const heldForMs = 60_000

/** How often turns come at present; found out anew once a minute, and only where somebody asks. */
export const createCadence = ({ settings, links, runs, dayBudget, clock, facts }: CadenceDeps) => {
  let found: { cadence: Cadence; at: Date } | null = null
  return async (): Promise<Cadence> => {
    const now = clock.now()
    if (found && now.getTime() - found.at.getTime() < heldForMs) return found.cadence
    const [athletes, callsPerTurn, callsPerDay] = await Promise.all([
      links.countActive(),
      runs.callsPerTurn(),
      dayBudget('scheduled'),
    ])
    const cadence = cadenceFor(settings, { athletes, callsPerTurn, callsPerDay })
    facts.cadenceFound(cadence, found?.cadence ?? null)
    found = { cadence, at: now }
    return cadence
  }
}
