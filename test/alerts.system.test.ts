import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { hasPrometheus, promtool } from './support/prometheus.ts'

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
const kebab = (name: string) => name.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()

describe.skipIf(!(await hasPrometheus()))('the alerts', () => {
  test('are rules and a configuration that Prometheus takes', async () => {
    expect(await promtool(['check', 'rules', '--lint-fatal', rulesFile])).toContain('SUCCESS')
    expect(await promtool(['check', 'config', join(folder, 'prometheus.yaml')])).toContain('SUCCESS')
  })

  test('fire where they should and nowhere else', { timeout: 90_000 }, async () => {
    expect(await promtool(['test', 'rules', testsFile])).toContain('SUCCESS')
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
