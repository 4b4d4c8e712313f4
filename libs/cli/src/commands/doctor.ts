import { styleText } from 'node:util'
import { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { allChecks } from '../doctor/checks.ts'
import { type CheckedFinding, type Severity, worstFirst } from '../doctor/finding.ts'
import { type CheckResult, runChecks } from '../doctor/run-checks.ts'

const colors = { error: 'red', warning: 'yellow', info: 'cyan' } as const satisfies Record<Severity, string>

const paragraph = ({ severity, check, code, problem, actor, fix }: CheckedFinding): string =>
  [
    `${styleText(colors[severity], severity.padEnd(7))} ${check}: ${problem} [${code}]`,
    `        ${actor === 'nobody' ? 'nobody has to act' : `the ${actor} has to act`}: ${fix}`,
  ].join('\n')

const toText = (results: readonly CheckResult[], findings: readonly CheckedFinding[]): string => {
  const skipped = results.filter(({ outcome }) => outcome === 'skipped').map(({ check }) => check)
  const looked = `${results.length - skipped.length} of ${results.length} checks looked`
  const summary =
    findings.length === 0
      ? `${looked}, nothing found`
      : `${looked}; ${findings.filter(({ severity }) => severity === 'error').length} errors, ${findings.length} findings in all`
  return [
    ...findings.map(paragraph),
    summary,
    ...(skipped.length > 0 ? [`could not look, for want of settings or of an answer: ${skipped.join(', ')}`] : []),
  ].join('\n')
}

export const doctorCommand = (cli: Cli): Command =>
  new Command('doctor')
    .description('looks at the whole system and says what is wrong, who must act, and how it is put right')
    .addHelpText(
      'after',
      `
Ends with 1 when there is an error among the findings, so that it can stand in a deployment or a job.

Examples:
  $ slipstream doctor
  $ slipstream doctor --json | jq '.findings[] | select(.severity == "error")'`,
    )
    .action(
      cli.showing(async () => {
        const results = await runChecks(allChecks(cli))
        const findings = worstFirst(results.flatMap(({ findings }) => findings))
        const checks = results.map(({ check, outcome }) => ({ check, outcome }))
        return {
          data: { checks, findings },
          text: toText(results, findings),
          exitCode: findings.some(({ severity }) => severity === 'error') ? 1 : 0,
        }
      }),
    )
