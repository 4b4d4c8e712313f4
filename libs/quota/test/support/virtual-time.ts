/** Time that passes only when nothing is left to do in it. */
export interface VirtualTime {
  /** Epoch milliseconds. */
  now(): number
  sleep(ms: number): Promise<void>
  /** Lets time pass until `untilMs`. */
  run(untilMs: number): Promise<void>
}

export const createVirtualTime = (startMs: number): VirtualTime => {
  let nowMs = startMs
  let sleepers: { atMs: number; wake: () => void }[] = []
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  return {
    now: () => nowMs,
    sleep: (ms) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      sleepers.push({ atMs: nowMs + Math.max(0, ms), wake: resolve })
      return promise
    },
    run: async (untilMs) => {
      for (;;) {
        await settled()
        const nextMs = sleepers.reduce((least, { atMs }) => Math.min(least, atMs), Number.POSITIVE_INFINITY)
        if (nextMs > untilMs) break
        nowMs = Math.max(nowMs, nextMs)
        const due = sleepers.filter(({ atMs }) => atMs <= nowMs)
        sleepers = sleepers.filter(({ atMs }) => atMs > nowMs)
        for (const { wake } of due) wake()
      }
      nowMs = untilMs
    },
  }
}

/** Numbers in [0, 1) that a seed repeats (mulberry32). */
export const seededRandom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
