import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { foreignSettings, type RunningSystem } from '../system.ts'
import { until } from '../until.ts'
import { projectRoot } from './blocks.ts'
import { type Command, placeOfCommand } from './commands.ts'

const run = promisify(execFile)

/** A command as printed, against the system under test in place of the one that `npm start` starts with its usual ports. */
export const pointedAt = (command: string, { endpoints, simulatorUrl }: RunningSystem): string =>
  [
    ['http://localhost:3000', endpoints.gatewayUrl],
    ['http://localhost:4400', simulatorUrl],
    ['http://localhost:9101', endpoints.opsUrls.gateway],
    ['http://localhost:9102', endpoints.opsUrls.scheduler],
    ['http://localhost:9103', endpoints.opsUrls.ingestion],
  ]
    .reduce((text, [usual = '', actual = '']) => text.replaceAll(usual, actual), command)
    .replaceAll(/nats:\/\/(localhost|127\.0\.0\.1):4222/g, endpoints.natsUrl ?? '')

const environmentFor = ({ dataDir }: RunningSystem) => ({
  ...process.env,
  ...foreignSettings,
  SLIPSTREAM_DATA_DIR: dataDir,
})

/** `curl -s` alone ends with 0 whatever is answered. */
const strictCurl = 'curl() { command curl --fail-with-body "$@"; }'

/** Runs them one after the other in one shell, as their reader would. @throws at the first that fails, with its output */
export const runCommands = async (system: RunningSystem, commands: readonly Command[]): Promise<void> => {
  const steps = commands.flatMap((command, index) => [`echo "@@${index}" >&2`, pointedAt(command.text, system)])
  const script = ['set -euo pipefail', strictCurl, ...steps].join('\n')
  try {
    await run('bash', ['-c', script], { cwd: projectRoot, env: environmentFor(system), timeout: 60_000 })
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string }
    const ended = stderr.slice(stderr.lastIndexOf('@@') + 2)
    const [last = '0'] = ended.split('\n', 1)
    const said = ended.slice(last.length)
    const command = commands[Number(last)]
    throw new Error(
      `${command && placeOfCommand(command)} does not work as printed:\n  ${command?.text}\n${said}${stdout.slice(-2_000)}`,
    )
  }
}

/** Runs one that goes on until it is interrupted, until it has shown this and `meanwhile` has ended. */
export const watchCommand = async (
  system: RunningSystem,
  command: string,
  shows: RegExp,
  meanwhile?: { run(): Promise<void>; shows: RegExp },
): Promise<void> => {
  const script = pointedAt(command, system)
  const watching = spawn('bash', ['-c', script], { cwd: projectRoot, env: environmentFor(system), detached: true })
  let seen = ''
  for (const stream of [watching.stdout, watching.stderr]) {
    stream.on('data', (chunk) => {
      seen += chunk
    })
  }
  const shown = (what: RegExp) =>
    until(20_000, async () => {
      if (!what.test(seen)) throw new Error(`${command} does not show ${what}, but:\n${seen}`)
    })
  try {
    await shown(shows)
    await meanwhile?.run()
    if (meanwhile) await shown(meanwhile.shows)
  } finally {
    if (watching.pid !== undefined) process.kill(-watching.pid, 'SIGINT')
    await once(watching, 'exit')
  }
}
