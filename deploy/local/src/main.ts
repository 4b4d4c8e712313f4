import { AlreadyRunningError, defaultCacheDir, EmbeddedServerError, killAll } from '@slipstream/embedded'
import { ConfigError, dataDirOf } from '@slipstream/runtime'
import pc from 'picocolors'
import { banner } from './banner.ts'
import { help, parseCommandLine, UsageError } from './command-line.ts'
import { launch } from './launch.ts'
import { createFormatter } from './log-format.ts'
import { MigrationError } from './migration.ts'
import { PageBuildError } from './page-build.ts'
import { ServiceStartError } from './service-process.ts'

/** Errors whose message tells the person at the terminal all there is to know. */
const expected = [
  ConfigError,
  AlreadyRunningError,
  EmbeddedServerError,
  PageBuildError,
  MigrationError,
  ServiceStartError,
]

const explain = (error: unknown): string => {
  if (error instanceof UsageError) return `${error.message}. See: npm start -- --help`
  if (expected.some((kind) => error instanceof kind)) return (error as Error).message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/**
 * One Ctrl-C can arrive several times, from the terminal and through npm, and people press it twice by habit. Ending at
 * once may cost an athlete the grant whose token is being stored, so it takes a press by somebody who has waited.
 */
const sameWishMs = 2_000

/** Calls `stop` at the first signal; one that comes later than the same wish kills all that is left at once. */
const onEndSignals = (stop: (signal: NodeJS.Signals) => void) => {
  let firstAt: number | null = null
  const handle = (signal: NodeJS.Signals) => {
    if (firstAt === null) {
      firstAt = performance.now()
      stop(signal)
    } else if (performance.now() - firstAt > sameWishMs) {
      killAll()
      process.exit(130)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, handle)
}

/** The command behind `npm start`; ends the process itself. `root` holds `services/<name>`. */
export const main = async (args: readonly string[], root: string): Promise<void> => {
  const startedAt = performance.now()
  const format = createFormatter(pc.isColorSupported)
  const onLine = (name: string, line: string) => process.stdout.write(format(name, line))
  const giveUp = new AbortController()
  try {
    const command = parseCommandLine(args)
    if (command.help) {
      process.stdout.write(help)
      return
    }
    const ended = new Promise<void>((resolve) => {
      onEndSignals((signal) => {
        onLine('slipstream', `${signal}: stopping (again to stop at once)`)
        giveUp.abort()
        resolve()
      })
    })
    const system = await launch({
      root,
      dataDir: dataDirOf(process.env),
      cacheDir: defaultCacheDir(),
      env: process.env,
      fresh: command.fresh,
      watch: command.watch,
      signal: giveUp.signal,
      onLine,
    })
    const seconds = (performance.now() - startedAt) / 1000
    const dataDir = process.env.SLIPSTREAM_DATA_DIR && dataDirOf(process.env)
    process.stdout.write(`${banner(system.endpoints, { seconds, dataDir, colors: pc })}\n`)
    await ended
    await system.stop()
    onLine('slipstream', 'stopped')
    process.exit(0)
  } catch (error) {
    if (giveUp.signal.aborted) process.exit(130)
    process.stderr.write(`\n${pc.red(explain(error))}\n`)
    process.exit(error instanceof UsageError ? 2 : 1)
  }
}
