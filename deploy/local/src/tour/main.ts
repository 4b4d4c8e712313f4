import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AlreadyRunningError, claimFolder } from '@slipstream/embedded'
import { ConfigError, type Environment, readConfig, setting } from '@slipstream/runtime'
import pc from 'picocolors'
import { z } from 'zod'
import { UsageError } from '../command-line.ts'
import { type Control, createControl } from '../demo/control.ts'
import { natsServersOf, natsSettings } from '../demo/nats-settings.ts'
import { NotRunningError, systemSettings } from '../demo/running-demo.ts'
import { chooseAthlete } from './choose-athlete.ts'
import { help, parseTourLine, type TourCommand } from './command-line.ts'
import { createNarrator, type Narrator } from './narrator.ts'
import { stepsOn } from './steps.ts'
import { askAs, createTourAthlete } from './tour-athlete.ts'
import { TourError } from './tour-error.ts'
import { openTourEvents } from './tour-events.ts'
import { createUndoList, type UndoList } from './undo-list.ts'

const readSystem = (env: Environment) => {
  const url = setting.url('http', 'https')
  const values = readConfig(z.object({ SIMULATOR_URL: url.optional(), PUBLIC_URL: url, ...natsSettings }), env)
  if (!values.SIMULATOR_URL)
    throw new TourError(
      'This system uses Strava itself. The tour needs the simulated one: npm start without STRAVA_CLIENT_ID.',
    )
  return {
    simulatorUrl: values.SIMULATOR_URL,
    gatewayUrl: values.PUBLIC_URL,
    nats: natsServersOf(values),
  }
}

/** Two at once would take each other's closed quota and moved clock for what has to be put back. Ends with this process. */
const claimSimulator = (simulatorUrl: string): Promise<void> =>
  claimFolder(join(tmpdir(), `slipstream-tour-${new URL(simulatorUrl).port}`), 'a tour', { log: () => {} })

/** What somebody has set to go wrong would happen in the middle of the tour. */
const refuseFaults = async (control: Control, simulatorUrl: string): Promise<void> => {
  const { rules, behaviour } = await control.faults()
  if (rules.length === 0 && behaviour.webhooks.enabled && behaviour.webhooks.lost === 0) return
  throw new TourError(
    `Faults are switched on at the simulated Strava. Press "All good again" on ${simulatorUrl}/control first.`,
  )
}

const isTerminal = (): boolean => process.stdin.isTTY === true && process.stdout.isTTY === true

const untilEnter = async (signal: AbortSignal): Promise<void> => {
  process.stdout.write('\n  Enter goes on, Ctrl-C ends ')
  process.stdin.resume()
  await once(process.stdin, 'data', { signal })
  process.stdin.pause()
}

interface Tour {
  command: TourCommand
  env: Environment
  narrator: Narrator
  undo: UndoList
  signal: AbortSignal
}

const goThrough = async ({ command, env, narrator, undo, signal }: Tour): Promise<void> => {
  const { simulatorUrl, gatewayUrl, nats } = readSystem(await systemSettings(env, 'SIMULATOR_URL'))
  await claimSimulator(simulatorUrl)
  const control = createControl(simulatorUrl)
  await refuseFaults(control, simulatorUrl)
  const chosen = await chooseAthlete(control, { gatewayUrl, wanted: command.athlete })
  const { athleteId } = await askAs(chosen.web)<{ athleteId: string }>('GET', '/export')
  const athlete = createTourAthlete(chosen, signal)
  const afterwards = createTourAthlete(chosen, new AbortController().signal)
  const events = await openTourEvents(nats, { athleteId, signal })
  try {
    const { name, wasLinked } = chosen
    narrator.plain(
      `Things happen at the simulated Strava to ${name}, and you see what the athlete sees and what a subscriber gets. ` +
        `To look at the page meanwhile, sign in as ${name} at ${gatewayUrl}/. ` +
        'For some seconds the quota is closed and the application switched off, for all athletes. All is put back at the end.',
    )
    const steps = stepsOn({ control, athlete, afterwards, wasLinked, events, narrator, undo, signal })
    for (const [index, { title, run }] of steps.entries()) {
      narrator.heading(`${index + 1}/${steps.length}  ${title}`)
      await run()
      if (!command.yes && isTerminal()) await untilEnter(signal)
    }
  } finally {
    await events.close()
  }
}

const explain = (error: unknown): string => {
  const isExpected = [UsageError, ConfigError, NotRunningError, AlreadyRunningError, TourError].some(
    (kind) => error instanceof kind,
  )
  if (error instanceof UsageError) return `${error.message}. See: npm run tour -- --help`
  if (isExpected) return (error as Error).message
  if (error instanceof TypeError && error.message === 'fetch failed')
    return 'The demo does not answer. Is it running? Start it with npm start in another terminal.'
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** @returns the exit code */
export const main = async (args: readonly string[], env: Environment): Promise<number> => {
  const ending = new AbortController()
  const undo = createUndoList()
  const narrator = createNarrator({
    write: (text) => process.stdout.write(text),
    colors: pc.createColors(pc.isColorSupported && process.stdout.isTTY === true),
    width: Math.min(process.stdout.columns ?? 80, 80),
  })
  const onSignal = () => ending.abort()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal)
  // Nobody reads on, as behind `| head`: all is put back unseen.
  process.stdout.on('error', onSignal)
  let exitCode = 0
  try {
    const command = parseTourLine(args)
    if (command.help) {
      process.stdout.write(help)
      return 0
    }
    await goThrough({ command, env, narrator, undo, signal: ending.signal })
  } catch (error) {
    exitCode = ending.signal.aborted ? 130 : error instanceof UsageError ? 2 : 1
    if (exitCode !== 130) process.stderr.write(`\n${explain(error)}\n`)
  }
  if (undo.open().length === 0) return exitCode
  narrator.heading(exitCode === 130 ? 'Ended: putting all back' : 'Putting all back')
  const isAllBack = await undo.putAllBack(narrator)
  narrator.tells(
    isAllBack
      ? 'All is as it was before.'
      : 'Press "All good again" on the control page of the simulated Strava, and disconnect on the page.',
  )
  return isAllBack ? exitCode : 1
}
