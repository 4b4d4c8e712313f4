import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Secret } from './secret.ts'

/** Raised when settings are missing or invalid; `problems` has one line per setting, each naming it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'config_invalid'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(
      `${problems.length} setting(s) missing or invalid:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`,
    )
    this.problems = problems
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Setting types shared by the services. A secret may also come from the file named by `<NAME>_FILE`. */
export const setting = {
  url: (...protocols: string[]) =>
    z
      .url({ error: ({ input }) => (input === undefined ? 'is required' : 'must be a URL') })
      .refine((value) => protocols.some((protocol) => value.startsWith(`${protocol}:`)), {
        error: `must start with ${protocols.map((protocol) => `${protocol}:`).join(' or ')}`,
      })
      .transform((value) => value.replace(/\/+$/, '')),
  port: (fallback: number) =>
    z.coerce.number({ error: 'must be a port number' }).int().min(0).max(65_535).default(fallback),
  integer: (fallback: number, min: number, max: number) =>
    z.coerce.number({ error: 'must be a whole number' }).int().min(min).max(max).default(fallback),
  text: () => z.string({ error: 'is required' }).min(1),
  secret: () =>
    z
      .string({ error: 'is required (or name a file that holds it with the _FILE twin)' })
      .min(1)
      .transform((value) => new Secret(value)),
  logLevel: () => z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
}

/** Freezes an object and all in it but secrets, which show nothing and hold nothing that could be changed. */
export const deepFreeze = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null || value instanceof Secret || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}

/** An absent and an empty variable mean the same; `<NAME>_FILE` is read where `<NAME>` itself is absent. */
const readSettings = (names: readonly string[], env: Environment, problems: string[]) => {
  const values: Record<string, string> = {}
  for (const name of names) {
    const value = env[name]
    const file = env[`${name}_FILE`]
    if (value) values[name] = value
    else if (file) {
      try {
        values[name] = readFileSync(file, 'utf8').trim()
      } catch (error) {
        problems.push(`${name}_FILE: cannot read ${file} (${(error as NodeJS.ErrnoException).code})`)
      }
    }
  }
  return values
}

/**
 * Parses the environment with one zod object whose keys are the setting names.
 * @throws ConfigError with every problem at once; a setting's value is never part of the message.
 */
export const readConfig = <Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  env: Environment,
): z.output<z.ZodObject<Shape>> => {
  const problems: string[] = []
  const values = readSettings(Object.keys(schema.shape), env, problems)
  const result = schema.safeParse(values)
  if (!result.success) {
    for (const issue of result.error.issues) {
      const name = issue.path.join('.')
      if (!problems.some((problem) => problem.startsWith(`${name}_FILE:`))) {
        problems.push(name ? `${name}: ${issue.message}` : issue.message)
      }
    }
  }
  if (problems.length > 0 || !result.success) throw new ConfigError(problems)
  return deepFreeze(result.data)
}
