import type { Log } from './spec.ts'

const everyMs = 2_000

export const formatMegabytes = (bytes: number): string =>
  `${(bytes / 1_000_000).toFixed(bytes < 10_000_000 ? 1 : 0)} MB`

interface Progress {
  log: Log
  totalBytes: number | null
  /** May count more than the total, where copies are made. */
  doneBytes: () => number
}

/** Says every two seconds how far the work is. */
export const withProgress = async <T>({ log, totalBytes, doneBytes }: Progress, work: () => Promise<T>): Promise<T> => {
  const timer = setInterval(() => {
    const done = formatMegabytes(Math.min(doneBytes(), totalBytes ?? Number.POSITIVE_INFINITY))
    log(totalBytes ? `… ${done} of ${formatMegabytes(totalBytes)}` : `… ${done}`)
  }, everyMs)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}
