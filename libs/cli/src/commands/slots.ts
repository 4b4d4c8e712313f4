import { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { readDeployment } from '../settings.ts'
import { countSlots } from '../slots.ts'

export const slotsCommand = (cli: Cli): Command =>
  new Command('slots')
    .description('how many of the athletes that Strava allows the app are taken')
    .addHelpText('after', '\nExample:\n  $ slipstream slots --json | jq .free')
    .action(
      cli.showing(async () => {
        const { STRAVA_ATHLETE_LIMIT: limit = null } = readDeployment(cli.env)
        const { linked, owed } = await cli.withStore(({ collections }) => countSlots(collections))
        const free = limit === null ? null : Math.max(0, limit - linked - owed)
        const counted = `${linked} linked, ${owed} unlinked whose grant may live on at Strava`
        const text =
          limit === null ? `${counted}; STRAVA_ATHLETE_LIMIT is not set` : `${counted}; ${free} of ${limit} free`
        return { data: { limit, linked, owed, free }, text }
      }),
    )
