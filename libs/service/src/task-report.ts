import type { Logger } from '@slipstream/telemetry'

/**
 * Tells when a task begins to fail and when it works again, with the turns that failed in between: while MongoDB is away, one line
 * for each turn would say nothing new.
 */
export const createTaskReport = (log: Logger, task: string) => {
  let failedTurns = 0
  return {
    failed: (err: unknown): void => {
      failedTurns += 1
      if (failedTurns === 1) log.error({ task, err }, 'a task failed, it is tried again until it works')
      else log.debug({ task, err, failedTurns }, 'a task failed again')
    },
    worked: (): void => {
      if (failedTurns > 0) log.info({ task, failedTurns }, 'a task works again')
      failedTurns = 0
    },
  }
}
