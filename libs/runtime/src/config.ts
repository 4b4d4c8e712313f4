import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { Secret } from './secret.ts'

/** Raised when settings are missing, invalid or of no use; `problems` has one sentence per setting, each naming it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly code = 'config_invalid'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    const count = problems.length === 1 ? '1 setting' : `${problems.length} settings`
    super(`${count} to put right:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`)
    this.problems = problems
  }
}

export type Environment = Readonly<Record<string, string | undefined>>

/** Beyond this many digits a number is not exact any more. */
const plainDigits = /^\d{1,15}$/

/** Only plain digits are a number: `1e3`, `0x50`, ` 80` and `` are none, whatever JavaScript reads in them. */
const wholeNumber = (min: number, max: number, error: string) =>
  z
    .string()
    .refine((value) => plainDigits.test(value) && Number(value) >= min && Number(value) <= max, { error })
    .transform(Number)

const withoutFinalSlashes = (value: string): string => value.replace(/\/+$/, '')

/** The same address with the first of its hosts alone: a URL proper has one host, MongoDB's connection strings several. */
export const withFirstHost = (value: string): string => value.replace(/^([a-z+]+:\/\/(?:[^/@]*@)?[^,/?]*)[^/?]*/, '$1')

/** Options of MongoDB's connection strings that would take from a write that it is kept, or from a read that what it sees is. */
const keptOptions: Readonly<Record<string, string>> = {
  w: 'majority',
  j: 'true',
  journal: 'true',
  readconcernlevel: 'majority',
}

const weakensNothing = (uri: string): boolean => {
  const options = new URLSearchParams(uri.split('?')[1])
  return [...options].every(([name, value]) => (keptOptions[name.toLowerCase()] ?? value) === value)
}

/** Its host may go into headers and policies, where other signs of a host (`*`, `a;b`) would open or break them. */
export const hasPlainHost = (value: string): boolean => /^[\w.:[\]-]+$/.test(URL.parse(value)?.host ?? '')

/** An address goes where it can be read: to browsers, into lines and answers. A password in it would go along. */
export const hasNoUser = (value: string): boolean => {
  const url = URL.parse(value)
  return url === null || (url.username === '' && url.password === '')
}

/** Setting types shared by the services. A secret may also come from the file named by `<NAME>_FILE`. */
export const setting = {
  url: (...protocols: string[]) =>
    z
      .url({ error: ({ input }) => (input === undefined ? 'is required' : 'must be a URL') })
      .refine((value) => protocols.some((protocol) => value.startsWith(`${protocol}:`)), {
        error: `must start with ${protocols.map((protocol) => `${protocol}:`).join(' or ')}`,
      })
      .refine(hasPlainHost, { error: 'must name a host' })
      .refine(hasNoUser, { error: 'must have no user name or password' })
      .transform(withoutFinalSlashes),
  mongodbUri: () =>
    z
      .string({ error: 'is required' })
      .refine((value) => /^mongodb(\+srv)?:\/\/./.test(value) && URL.canParse(withFirstHost(value)), {
        error: 'must be a URL that starts with mongodb: or mongodb+srv:',
      })
      .refine(weakensNothing, {
        error:
          'may say w=majority, journal=true and readConcernLevel=majority, and nothing weaker: what is acknowledged is kept',
      })
      .transform(withoutFinalSlashes),
  /** One server or several of a cluster, comma separated. */
  natsUrl: () =>
    z
      .string({ error: 'is required' })
      .refine((value) => value.split(',').every((url) => /^(nats|tls):\/\/./.test(url) && URL.canParse(url)), {
        error: 'must be a URL that starts with nats: or tls:, or several with commas between',
      })
      .transform(withoutFinalSlashes),
  port: (fallback: number) => wholeNumber(0, 65_535, 'must be a port number from 0 to 65535').default(fallback),
  /** Without an upper bound where there is no sense in one. */
  integer: (min: number, max = Number.MAX_SAFE_INTEGER) =>
    wholeNumber(
      min,
      max,
      max === Number.MAX_SAFE_INTEGER
        ? `must be a whole number, at least ${min}`
        : `must be a whole number from ${min} to ${max}`,
    ),
  oneOf: <const Values extends readonly [string, ...string[]]>(...values: Values) =>
    z.enum(values, { error: `must be ${values.slice(0, -1).join(', ')} or ${values.at(-1)}` }),
  /** Names a file that is there; the value is its text. */
  file: () =>
    z.string().transform((path, context) => {
      try {
        return readFileSync(path, 'utf8')
      } catch (error) {
        context.addIssue({ code: 'custom', message: `cannot read ${path} (${(error as NodeJS.ErrnoException).code})` })
        return z.NEVER
      }
    }),
  text: () => z.string({ error: 'is required' }).min(1),
  secret: () =>
    z
      .string({ error: 'is required (or name a file that holds it with the _FILE twin)' })
      .min(1)
      .transform((value) => new Secret(value)),
  logLevel: () => setting.oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
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
      // What is no URL at all does not start as it should either: the first sentence about a setting is enough.
      const isTold = problems.some((told) => told.startsWith(`${name}:`) || told.startsWith(`${name}_FILE:`))
      if (!isTold) problems.push(name ? `${name}: ${issue.message}` : issue.message)
    }
  }
  if (problems.length > 0 || !result.success) throw new ConfigError(problems)
  return deepFreeze(result.data)
}
