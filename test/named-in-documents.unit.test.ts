import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Cli } from '../libs/cli/src/cli.ts'
import { createProgram } from '../libs/cli/src/program.ts'

// What an operator is told to type, set or look at has to be there under that name.

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')

const documents = [
  ...['operating', 'security', 'data-protection', 'scaling', 'faq', 'comparison'].map((name) => `docs/${name}.md`),
  ...globSync('docs/runbooks/*.md', { cwd: root }),
]

const program = createProgram({ showing: () => () => undefined } as unknown as Cli)

/** Words of a command line that no command takes; none: all of it is understood. */
const notUnderstood = (line: string): string[] => {
  let command: typeof program = program
  return line
    .split(' ')
    .filter(Boolean)
    .filter((word) => {
      const sub = command.commands.find((one) => one.name() === word)
      if (sub) command = sub
      const options = ['--help', ...[...command.options, ...program.options].map(({ long }) => long)]
      const isOption = word.startsWith('-') && options.includes(word)
      const takesValues = command !== program && command.registeredArguments.length + command.options.length > 0
      const isValue = takesValues && !word.startsWith('-')
      return !sub && !isOption && !isValue
    })
}

const settings = globSync(['README.md', 'services/*/README.md', 'libs/*/README.md'], { cwd: root }).map(read).join('\n')
const metrics = read('docs/metrics.md')
const alerts = read('deploy/prometheus/alerts.yaml')

describe.each(documents)('%s', (document) => {
  const text = read(document)
  const codes = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code)
  const found = (pattern: RegExp) => [...new Set(codes.flatMap((code) => pattern.exec(code)?.[1] ?? []))]

  it('names commands that there are', () => {
    const typed = [...text.matchAll(/npm run slipstream -- ([^`\n|]+)/g)].map(([, line = '']) => line.trim())
    for (const line of [...found(/^slipstream ([a-z].*)$/), ...typed]) {
      expect([line, notUnderstood(line.replace(/ ?…$| *#.*$/g, ''))]).toEqual([line, []])
    }
  })

  it('names settings, metrics and alerts that there are', () => {
    const isMissing = (all: string) => (name: string) => !new RegExp(`\\b${name}\\b`).test(all)
    expect(found(/^([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)\b/).filter(isMissing(settings))).toEqual([])
    expect(found(/^(slipstream_\w+)/).filter(isMissing(metrics))).toEqual([])
    expect(found(/^([A-Z][a-z]+(?:[A-Z][a-z]+)+)$/).filter(isMissing(alerts))).toEqual([])
  })
})
