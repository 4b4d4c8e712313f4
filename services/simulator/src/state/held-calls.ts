import type { EndpointName, Moment } from '../domain/fault-rules.ts'

export interface HeldCall {
  readonly endpoint: EndpointName
  readonly account: string | null
  readonly when: Moment
}

/** Calls that a `hold` fault has stopped, until they are released together. */
export interface HeldCalls {
  /** Resolves when the call is released. */
  hold(call: HeldCall): Promise<void>
  /** In the order of their arrival. */
  waiting(): readonly HeldCall[]
  release(): void
}

export const createHeldCalls = (): HeldCalls => {
  let held: { call: HeldCall; letGo: () => void }[] = []
  return {
    hold: (call) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      held.push({ call, letGo: resolve })
      return promise
    },
    waiting: () => held.map(({ call }) => call),
    release: () => {
      const released = held
      held = []
      for (const { letGo } of released) letGo()
    },
  }
}
