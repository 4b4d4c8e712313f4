import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { athletesCommand } from './commands/athletes.ts'
import { deadLettersCommand } from './commands/dead-letters.ts'
import { doctorCommand } from './commands/doctor.ts'
import { keysCommand } from './commands/keys.ts'
import { migrateCommand } from './commands/migrate.ts'
import { quotaCommand } from './commands/quota.ts'
import { runsCommand } from './commands/runs.ts'
import { slotsCommand } from './commands/slots.ts'
import { webhooksCommand } from './commands/webhooks.ts'

const commands = [
  doctorCommand,
  quotaCommand,
  runsCommand,
  athletesCommand,
  deadLettersCommand,
  webhooksCommand,
  keysCommand,
  slotsCommand,
  migrateCommand,
]

/** Throws in place of ending the process, and shows what a command takes when it was misused. */
const withoutExit = (command: Command): void => {
  command.exitOverride().showHelpAfterError()
  for (const one of command.commands) withoutExit(one)
}

const help = `
Settings are those of the services, from the environment. While the demo runs (npm start), and neither MONGODB_URI nor NATS_URL
is set, those of the demo are used: no setting is needed.

Exit codes: 0 all is well, 1 something was found or has failed, 2 the command was not understood.`

/** The command line as data: what it is called, what it takes, what it does. Throws CommanderError in place of an exit. */
export const createProgram = (cli: Cli): Command => {
  const program = new Command('slipstream')
    .description('Looks at a running Slipstream, says what is wrong, and puts it right.')
    .option('--json', 'print JSON in place of text; its shapes are in libs/cli/README.md')
    .addHelpText('after', help)
  for (const create of commands) program.addCommand(create(cli))
  withoutExit(program)
  return program
}
