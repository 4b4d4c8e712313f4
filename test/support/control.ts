import { createControl as createDemoControl, type Control as DemoControl } from '@slipstream/local'
import { until } from './until.ts'

export interface Control extends DemoControl {
  /** Resolves when that many calls are held. */
  untilHeld(count: number): ReturnType<DemoControl['heldCalls']>
}

export const createControl = (simulatorUrl: string): Control => {
  const control = createDemoControl(simulatorUrl)
  return {
    ...control,
    untilHeld: (count) =>
      until(30_000, async () => {
        const held = await control.heldCalls()
        if (held.length < count) throw new Error(`${held.length} of ${count} calls are held`)
        return held
      }),
  }
}
