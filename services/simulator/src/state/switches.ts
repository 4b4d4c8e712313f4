import {
  type Behaviour,
  type CallSubject,
  type FaultEffect,
  type FaultRule,
  takeEffects,
  usualBehaviour,
} from '../domain/fault-rules.ts'
import type { Random } from '../domain/random.ts'

/** What the operator of a simulation can turn while it runs: faults, behaviour and latency. */
export interface Switches {
  rules(): readonly FaultRule[]
  setRules(rules: readonly FaultRule[]): void
  behaviour(): Behaviour
  setBehaviour(behaviour: Behaviour): void
  latencyMs(): number
  setLatencyMs(latencyMs: number): void
  /** The effects that hit this call; counted rules are used up. */
  take(call: CallSubject): readonly FaultEffect[]
  reset(): void
}

export const createSwitches = ({ latencyMs, random }: { latencyMs: number; random: Random }): Switches => {
  let rules: readonly FaultRule[] = []
  let behaviour = usualBehaviour
  let latency = latencyMs
  return {
    rules: () => rules,
    setRules: (next) => {
      rules = next
    },
    behaviour: () => behaviour,
    setBehaviour: (next) => {
      behaviour = next
    },
    latencyMs: () => latency,
    setLatencyMs: (next) => {
      latency = next
    },
    take: (call) => {
      const taken = takeEffects(rules, call, random.next)
      rules = taken.rules
      return taken.effects
    },
    reset: () => {
      rules = []
      behaviour = usualBehaviour
      latency = latencyMs
    },
  }
}
