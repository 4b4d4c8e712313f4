import type { Finding } from '../finding.ts'

/** @param problems one sentence per setting, each naming it */
export const judgeSettings = (problems: readonly string[]): Finding[] =>
  [...new Set(problems)].map((problem) => ({
    code: 'setting_invalid',
    severity: 'error',
    problem,
    actor: 'operator',
    fix: 'Give the doctor the settings that the services have; the tables in their README files say what each holds.',
  }))
