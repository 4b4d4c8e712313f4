import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorCatalogue, eventTypes } from '@slipstream/contracts'

const page = readFileSync(join(import.meta.dirname, '../../docs/metrics.md'), 'utf8')

/** Cells of a table's rows; a bar inside a cell is written `\|`. */
const rowsUnder = (heading: string): string[][] => {
  const [, section = ''] = page.split(`## ${heading}\n`)
  return (section.split('\n## ')[0] ?? '')
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.split(/(?<!\\)\|/).slice(1, -1))
    .map((cells) => cells.map((cell) => cell.trim().replaceAll('\\|', '|')))
}

const codesIn = (cell = ''): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code)

export interface DocumentedMetric {
  name: string
  type: string
  labels: string[]
  services: string[]
}

/** The series of docs/metrics.md. */
export const documentedMetrics: readonly DocumentedMetric[] = rowsUnder('Series').map(
  ([name, type = '', labels, services = '']) => ({
    name: codesIn(name)[0] ?? '',
    type,
    labels: codesIn(labels).sort(),
    services: services.split(', '),
  }),
)

/** What docs/metrics.md names by label, or by `label of metric`: values, and patterns between slashes. */
export const documentedValues: ReadonlyMap<string, string[]> = new Map(
  rowsUnder('Labels').map(([label, values]) => [codesIn(label).join(' of '), codesIn(values)]),
)

/** By label, or by `label of metric`: whether it may have this value. */
const rules = new Map(
  rowsUnder('Labels').map(([label, values = '']): [string, (value: string) => boolean] => {
    const known = codesIn(values).map((code) => (code.startsWith('/') ? new RegExp(code.slice(1, -1)) : code))
    const named = [
      ...(values.includes('event types') ? eventTypes : []),
      ...(values.includes('error catalogue') ? Object.keys(errorCatalogue) : []),
    ]
    const allows = (value: string) =>
      named.includes(value) || known.some((one) => (typeof one === 'string' ? one === value : one.test(value)))
    return [codesIn(label).join(' of '), allows]
  }),
)

/** Whether docs/metrics.md names this value of this label. */
export const isDocumentedValue = (metric: string, label: string, value: string): boolean =>
  (rules.get(`${label} of ${metric}`) ?? rules.get(label))?.(value) ?? false
