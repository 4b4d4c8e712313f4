/** Asks at a constant rate, whether answers come or not, until stopped. `ask` resolves to what failed, null where nothing did. */
export const startLoad = (everyMs: number, ask: () => Promise<string | null>) => {
  const failures: string[] = []
  const pending = new Set<Promise<void>>()
  let asked = 0
  const askOnce = async () => {
    asked += 1
    const failure = await ask().catch((error: Error) => String(error.cause ?? error))
    if (failure !== null) failures.push(failure)
  }
  const asking = setInterval(() => {
    const one = askOnce().finally(() => pending.delete(one))
    pending.add(one)
  }, everyMs)
  return {
    /** Resolves when all that was asked is answered. */
    stop: async () => {
      clearInterval(asking)
      await Promise.all(pending)
      return { asked, failures }
    },
  }
}
