import { ConfigError, OverdueError, withinLimit } from '@slipstream/runtime'
import type { CheckedFinding, Finding } from './finding.ts'

export interface Check {
  name: string
  /**
   * Null where there is nothing to look at, because what it would look in is away, which the check of that tells.
   * @throws ConfigError when it cannot look because of a setting, which the check of settings tells
   */
  look(): Promise<Finding[] | null>
}

export interface CheckResult {
  check: string
  /** `skipped`: a setting that it needs is missing or wrong, or what it looks in is away. */
  outcome: 'looked' | 'skipped' | 'failed'
  findings: CheckedFinding[]
}

const limitMs = 9_000

const failed = (name: string, error: unknown): Finding => ({
  code: 'check_failed',
  severity: 'error',
  problem:
    error instanceof OverdueError
      ? `the check ${name} has no answer after ${limitMs / 1_000} s`
      : `the check ${name} failed: ${error instanceof Error ? error.message : String(error)}`,
  actor: 'operator',
  fix: 'See whether what it looks at is overloaded or unreachable, and run the doctor again.',
})

const runCheck = async ({ name, look }: Check): Promise<CheckResult> => {
  const result = (outcome: CheckResult['outcome'], findings: readonly Finding[]): CheckResult => ({
    check: name,
    outcome,
    findings: findings.map((finding) => ({ check: name, ...finding })),
  })
  try {
    const findings = await withinLimit(look(), limitMs)
    return findings ? result('looked', findings) : result('skipped', [])
  } catch (error) {
    return error instanceof ConfigError ? result('skipped', []) : result('failed', [failed(name, error)])
  }
}

/** All at once, each for itself: one that hangs or fails keeps no other from its findings. */
export const runChecks = (checks: readonly Check[]): Promise<CheckResult[]> => Promise.all(checks.map(runCheck))
