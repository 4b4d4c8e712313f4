/** One line of a table. */
export interface Figure {
  what: string
  measured: string
  /** The figure that is aimed at, in the words and unit of `measured`. */
  wanted?: string
}

export interface Report {
  title: string
  figures: readonly Figure[]
}

/** Measures something; `runs` is the number of counted repetitions. */
export type Bench = (runs: number) => Promise<Report>

const atShare = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN

export interface Summary {
  min: number
  p50: number
  p95: number
  p99: number
  max: number
}

export const summarise = (values: readonly number[]): Summary => {
  const sorted = values.toSorted((one, other) => one - other)
  return {
    min: atShare(sorted, 0),
    p50: atShare(sorted, 0.5),
    p95: atShare(sorted, 0.95),
    p99: atShare(sorted, 0.99),
    max: atShare(sorted, 1),
  }
}

export const milliseconds = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`

/** Best beside median: what else the machine does can only make a figure worse. */
export const spreadOf = ({ min, p50, p95 }: Summary): string =>
  `${milliseconds(p50)} (best ${milliseconds(min)}, p95 ${milliseconds(p95)})`

export const rateOf = ({ p50, max }: Summary): string => `${Math.round(p50)}/s (best ${Math.round(max)}/s)`

/** How much of a ceiling is reached. */
export const share = (value: number, ceiling: number): string => `${(value / ceiling).toFixed(2)} ×`

export const formatReport = ({ title, figures }: Report): string => {
  const width = Math.max(...figures.map(({ what }) => what.length))
  const wide = Math.max(...figures.map(({ measured }) => measured.length))
  const lines = figures.map(({ what, measured, wanted }) =>
    `  ${what.padEnd(width)}  ${measured.padEnd(wide)}${wanted === undefined ? '' : `  wanted ${wanted}`}`.trimEnd(),
  )
  return [title, ...lines].join('\n')
}
