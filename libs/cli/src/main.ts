import { ConfigError, dataDirOf, type Environment, isStoreAway, readDemoSettings } from '@slipstream/runtime'
import { CommanderError } from 'commander'
import { createCli } from './cli.ts'
import { createProgram } from './program.ts'

const namesSystem = (env: Environment): boolean =>
  ['MONGODB_URI', 'NATS_URL'].some((name) => Boolean(env[name] || env[`${name}_FILE`]))

/** Never a mix of two systems: where the environment names one, the demo is none of the command's business. */
const settingsFor = async (env: Environment) => {
  const demo = namesSystem(env) ? null : await readDemoSettings(dataDirOf(env))
  return demo ? { env: { ...demo, ...env }, isDemo: true } : { env, isDemo: false }
}

const notFound = `
No demo runs here, and the environment names no system. Start the demo with npm start, or set what the services are given.`

const explain = (error: unknown, env: Environment): string => {
  if (error instanceof ConfigError) return error.message + (namesSystem(env) ? '' : notFound)
  if (isStoreAway(error)) return `MongoDB does not answer: ${(error as Error).message}`
  if (error instanceof Error && error.name === 'MongoServerError') return `MongoDB refuses: ${error.message}`
  const { code } = error as { code?: unknown }
  // Errors of our own say what there is to know; a stack is for what nobody expected.
  if (error instanceof Error && typeof code === 'string') return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** @returns the exit code */
export const main = async (
  args: readonly string[],
  { env, write, writeError }: { env: Environment; write(text: string): void; writeError(text: string): void },
): Promise<number> => {
  let exitCode = 0
  try {
    const cli = createCli({
      ...(await settingsFor(env)),
      now: () => new Date(),
      write,
      setExitCode: (code) => {
        exitCode = code
      },
    })
    await createProgram(cli).parseAsync([...args], { from: 'user' })
    return exitCode
  } catch (error) {
    // Commander has said what was wrong, or shown the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    writeError(`${explain(error, env)}\n`)
    return 1
  }
}
