import type { Logger } from '@slipstream/telemetry'

// One deadline for a whole stop, however much of it hangs:
//
//   0 s      not ready, but everything goes on, for DRAIN_SECONDS
//   drain    the intake ends, work in flight goes on
//   +13 s    `endWork`: who is still at work is told to end
//   +15 s    work is no longer waited for; its messages have been handed back
//   +17 s    `end`: what is still to be written, sent or closed is given up
//   +19.5 s  the process is ended from outside the service (`stopLimitMs`)
//
// With 5 s of drain that is within the 25 s a process may take, and the 30 s an orchestrator usually waits.

const endWorkMs = 13_000
const workGraceMs = 2_000
const endMs = 17_000
const closeGraceMs = 250
const lastResortMs = 19_500

/** How long a whole stop may take. */
export const stopLimitMs = (drainMs: number): number => drainMs + lastResortMs

/** One thing to be done at a stop. It gets the signal after which nobody waits for it any more. */
export interface Stage {
  name: string
  stop(signal: AbortSignal): Promise<unknown>
}

export interface StopBudget {
  /** Does all of this at once: work in flight, each part told at `endWork` to hand back what it has not finished. */
  work(stages: readonly Stage[]): Promise<void>
  /** Does one after the other what comes after the work, until `end`. */
  close(stages: readonly Stage[]): Promise<void>
  /** Takes the timers back. */
  settle(): void
}

/** Begins when it is made: call it when the intake ends. A stage that fails or hangs is logged and left behind. */
export const createStopBudget = (log: Logger): StopBudget => {
  const timers: NodeJS.Timeout[] = []
  const after = (ms: number): AbortSignal => {
    const passed = new AbortController()
    timers.push(setTimeout(() => passed.abort(), ms))
    return passed.signal
  }
  const endWork = after(endWorkMs)
  const end = after(endMs)

  const run = async ({ name, stop }: Stage, signal: AbortSignal, graceMs: number): Promise<void> => {
    const over = Promise.withResolvers<'over'>()
    let grace: NodeJS.Timeout | undefined
    const beginGrace = () => {
      grace = setTimeout(() => over.resolve('over'), graceMs)
    }
    if (signal.aborted) beginGrace()
    else signal.addEventListener('abort', beginGrace)
    try {
      const result = await Promise.race([stop(signal), over.promise])
      if (result === 'over') log.warn({ stage: name }, 'left behind at the stop')
    } catch (error) {
      log.warn({ err: error, stage: name }, 'failed at the stop')
    } finally {
      signal.removeEventListener('abort', beginGrace)
      clearTimeout(grace)
    }
  }

  return {
    work: async (stages) => {
      await Promise.all(stages.map((stage) => run(stage, endWork, workGraceMs)))
    },
    close: async (stages) => {
      for (const stage of stages) await run(stage, end, closeGraceMs)
    },
    settle: () => timers.forEach(clearTimeout),
  }
}
