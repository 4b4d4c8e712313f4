import { migrate } from '@slipstream/persistence'
import { Command } from 'commander'
import type { Cli } from '../cli.ts'

export const migrateCommand = (cli: Cli): Command =>
  new Command('migrate')
    .description('brings the database named by MONGODB_URI to what this release needs')
    .option('--dry-run', 'say what would be done, and do nothing', false)
    .addHelpText(
      'after',
      `
Also does what replicas of an older release would not survive: stop those first. It may be run again at any time.

Examples:
  $ slipstream migrate --dry-run
  $ slipstream migrate`,
    )
    .action(
      cli.showing(async ({ dryRun: isDryRun }: { dryRun: boolean }) => {
        const steps = await cli.withStore(({ connection }) => migrate(connection, { isDryRun }))
        const verb = isDryRun ? 'to do' : 'done'
        const text = steps.length === 0 ? 'nothing to do' : steps.map((step) => `${verb}: ${step}`).join('\n')
        return { data: { isDryRun, steps }, text }
      }),
    )
