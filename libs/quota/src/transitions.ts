import type { LedgerState } from './permit.ts'
import { type OpenStop, openStops } from './stops.ts'
import { isSpent } from './windows.ts'

/** Something an operator must know has begun or ended: calls were stopped, or a limit of the app was used up. */
export type Transition = ({ what: 'stop'; hasBegun: boolean } & OpenStop) | { what: 'window'; hasBegun: boolean }

/** Of these stops those that are not among the others. */
export const missingIn = (stops: OpenStop[], others: OpenStop[]): OpenStop[] =>
  stops.filter(({ name, trouble }) => !others.some((other) => other.name === name && other.trouble === trouble))

/** What a change of the ledger began and ended. Over all replicas one change does it, so it is told once. */
export const transitionsBetween = (before: LedgerState, after: LedgerState): Transition[] => {
  const [was, is] = [openStops(before.stops), openStops(after.stops)]
  const [wasSpent, nowSpent] = [isSpent(before.buckets), isSpent(after.buckets)]
  return [
    ...missingIn(was, is).map((stop) => ({ what: 'stop' as const, hasBegun: false, ...stop })),
    ...missingIn(is, was).map((stop) => ({ what: 'stop' as const, hasBegun: true, ...stop })),
    ...(wasSpent === nowSpent ? [] : [{ what: 'window' as const, hasBegun: nowSpent }]),
  ]
}
