import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { hasPrometheus } from '@slipstream/testing'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { promtool } from './support/prometheus.ts'

const projectRoot = resolve(import.meta.dirname, '..')
const folder = join(projectRoot, 'deploy', 'prometheus')
const rulesFile = join(folder, 'alerts.yaml')
const testsFile = join(folder, 'alerts.test.yaml')

interface Rule {
  alert?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}
interface RuleTest {
  promql_expr_test: { expr: string; exp_samples: unknown[] }[]
}

const { groups } = parse(readFileSync(rulesFile, 'utf8')) as { groups: { rules: Rule[] }[] }
const alerts = groups.flatMap(({ rules }) => rules).filter(({ alert }) => alert !== undefined)
const names = [...new Set(alerts.map(({ alert }) => alert ?? ''))]
const runbooksFolder = join(projectRoot, 'docs', 'runbooks')
const runbooks = readdirSync(runbooksFolder).map((file) => ({
  file,
  text: readFileSync(join(runbooksFolder, file), 'utf8'),
}))
/** The lines of all blocks of a language, indented or not. */
const linesOf = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^ *\`\`\`${language}\\n([\\s\\S]*?)^ *\`\`\``, 'gm'))].flatMap(([, block = '']) =>
    block
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== ''),
  )
const kebab = (name: string) => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()

describe.skipIf(!(await hasPrometheus()))('the alerts', () => {
  test('are rules and a configuration that Prometheus takes', async () => {
    expect(await promtool(['check', 'rules', '--lint-fatal', rulesFile])).toContain('SUCCESS')
    expect(await promtool(['check', 'config', join(folder, 'prometheus.yaml')])).toContain('SUCCESS')
  })

  test('fire where they should and nowhere else', { timeout: 90_000 }, async () => {
    expect(await promtool(['test', 'rules', testsFile])).toContain('SUCCESS')
  })

  test('have runbooks whose questions Prometheus understands', async () => {
    const questions = runbooks.flatMap(({ text }) => linesOf(text, 'promql'))
    expect(questions.length).toBeGreaterThan(20)
    const rules = questions.map((expr, index) => ({ record: `runbook:question${index}`, expr }))
    const temporary = mkdtempSync(join(tmpdir(), 'slipstream-runbooks-'))
    try {
      const file = join(temporary, 'questions.yaml')
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'runbooks', rules }] }))
      expect(await promtool(['check', 'rules', file])).toContain('SUCCESS')
    } finally {
      rmSync(temporary, { recursive: true, force: true })
    }
  })
})

test.each(names)('%s is tested for firing and for not firing', (name) => {
  const { tests } = parse(readFileSync(testsFile, 'utf8')) as { tests: RuleTest[] }
  const expected = tests
    .flatMap((one) => one.promql_expr_test)
    .filter(({ expr }) => expr === `ALERTS{alertname="${name}",alertstate="firing"}`)
  expect(expected.some(({ exp_samples }) => exp_samples.length > 0)).toBe(true)
  expect(expected.some(({ exp_samples }) => exp_samples.length === 0)).toBe(true)
})

test.each(alerts)('$alert says how bad it is, what it is and what to do', ({ alert = '', labels, annotations }) => {
  expect(['critical', 'warning']).toContain(labels?.severity)
  expect(annotations).toEqual({
    summary: expect.stringMatching(/\S/),
    description: expect.stringMatching(/\.$/),
    runbook_url: `docs/runbooks/${kebab(alert)}.md`,
  })
})

test.each(names)(
  'the runbook of %s says what athletes feel, how to confirm it, what to do and when it is over',
  (name) => {
    const { text } = runbooks.find(({ file }) => file === `${kebab(name)}.md`) ?? { text: '' }
    expect(text.startsWith(`# ${name}\n`)).toBe(true)
    for (const part of ['**What athletes feel.**', '## Confirm', '## Do', '## Over']) expect(text).toContain(part)
    expect(linesOf(text, 'promql').length).toBeGreaterThan(0)
  },
)

test('there is a runbook for each alert, a page that lists them, and no other', () => {
  const files = names.map((name) => `${kebab(name)}.md`)
  expect(runbooks.map(({ file }) => file).toSorted()).toEqual(['README.md', ...files].toSorted())
  const list = runbooks.find(({ file }) => file === 'README.md')?.text
  for (const file of files) expect(list).toContain(`(${file})`)
})

const commandLines = runbooks.flatMap(({ text }) => linesOf(text, 'sh'))
const cli = join(projectRoot, 'libs', 'cli', 'src', 'bin', 'slipstream.ts')

test('what runbooks have run are commands of this project and looks at operations ports', () => {
  for (const line of commandLines) {
    expect(line).toMatch(
      /^(npm run slipstream -- [a-z]|curl -s http:\/\/localhost:910[123]\/(readyz|healthz|metrics)$)/,
    )
  }
})

const boards = readdirSync(join(projectRoot, 'deploy/grafana/dashboards')).map((file) =>
  readFileSync(join(projectRoot, 'deploy/grafana/dashboards', file), 'utf8'),
)

test('what runbooks and boards have set are settings that there are', () => {
  const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8')
  const named = [...runbooks.map(({ text }) => text), ...boards].flatMap((text) => [
    ...text.matchAll(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g),
  ])
  const isSetting = (name: string) => readme.includes(`\`${name}\``)
  const unknown = named
    .map(([name]) => name)
    .filter((name) => !isSetting(name) && !isSetting(name.replace(/_FILE$/, '')))
  expect(unknown).toEqual([])
})

/** Everywhere in runbooks and boards, with the options left out: `dead-letters list`. */
const commands = [...runbooks.map(({ text }) => text), ...boards]
  .flatMap((text) => [...text.matchAll(/npm run slipstream -- ([a-z][a-z-]*(?: [a-z][a-z-]*)?)/g)])
  .map(([, command = '']) => command)

// Empty as long as there is no such command.
test.each(existsSync(cli) ? [...new Set(commands)] : [])('`slipstream %s` is a command', async (command) => {
  const { stdout } = await promisify(execFile)(process.execPath, [cli, ...command.split(' '), '--help'])
  expect(stdout).toMatch(new RegExp(`^Usage: slipstream ${command}\\b`))
})
