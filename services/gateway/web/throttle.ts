/** Runs `work` at once and then at most once per `intervalMs`; calls in between are gathered into one later run. */
export const throttle = (work: () => void, intervalMs: number): { call(): void; cancel(): void } => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let again = false

  const run = (): void => {
    again = false
    work()
    timer = setTimeout(() => {
      timer = undefined
      if (again) run()
    }, intervalMs)
  }

  return {
    call() {
      if (timer === undefined) run()
      else again = true
    },
    cancel() {
      clearTimeout(timer)
      timer = undefined
    },
  }
}
