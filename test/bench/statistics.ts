const atShare = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

export interface Summary {
  p50: number
  p95: number
  max: number
}

export const summarise = (values: readonly number[]): Summary => {
  const sorted = values.toSorted((one, other) => one - other)
  return { p50: atShare(sorted, 0.5), p95: atShare(sorted, 0.95), max: atShare(sorted, 1) }
}

const milliseconds = (value: number) => `${Math.round(value)} ms`.padStart(9)

export const formatRow = (name: string, { p50, p95, max }: Summary): string =>
  `  ${name.padEnd(44)} p50 ${milliseconds(p50)}  p95 ${milliseconds(p95)}  max ${milliseconds(max)}`
