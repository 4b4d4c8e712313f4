/** Whoever asks while an answer is under way gets that one: gauges of one scrape that show parts of the same read it once. */
export const sharedRead = <T>(read: () => Promise<T>): (() => Promise<T>) => {
  let reading: Promise<T> | undefined
  return () => {
    reading ??= read().finally(() => {
      reading = undefined
    })
    return reading
  }
}
