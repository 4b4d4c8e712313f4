import { Command } from 'commander'
import type { Cli } from './cli.ts'
import { doctorCommand } from './commands/doctor.ts'
import { migrateCommand } from './commands/migrate.ts'
import { quotaCommand } from './commands/quota.ts'

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
    .showHelpAfterError()
  for (const command of [doctorCommand(cli), quotaCommand(cli), migrateCommand(cli)]) program.addCommand(command)
  program.exitOverride()
  for (const command of program.commands) command.exitOverride()
  return program
}
