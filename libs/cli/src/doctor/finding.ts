/** `error`: something does not work, or will lose data. `warning`: it will not for long, or not as well. `info`: good to know. */
export const severities = ['error', 'warning', 'info'] as const
export type Severity = (typeof severities)[number]

/** What is wrong, who must act, and what they do. `--json` shows it as it is. */
export interface Finding {
  /** Names the kind of trouble; stable. */
  code: string
  severity: Severity
  problem: string
  /** `developer`: whoever looks after the app at Strava and the host's code. */
  actor: 'operator' | 'developer' | 'nobody'
  fix: string
}

export interface CheckedFinding extends Finding {
  /** Which check found it. */
  check: string
}

/** Worst first, in the order of the checks. */
export const worstFirst = (findings: readonly CheckedFinding[]): CheckedFinding[] =>
  findings.toSorted((one, other) => severities.indexOf(one.severity) - severities.indexOf(other.severity))
