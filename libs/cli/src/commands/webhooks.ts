import { subscriptionCheckSchema } from '@slipstream/contracts'
import { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { allChecks } from '../doctor/checks.ts'
import { runChecks } from '../doctor/run-checks.ts'
import { askGateway } from '../gateway-api.ts'

const texts = {
  kept: 'Strava pushes to this deployment',
  made: 'Strava pushes to this deployment now',
  foreign: 'the subscription of the app posts to another installation and was left alone; --replace takes its place',
  busy: 'the gateway is looking at the subscription right now; ask again in a minute',
} as const

const checkCommand = (cli: Cli): Command =>
  new Command('check')
    .description('whether the push subscription of the app at Strava is there and posts to this deployment')
    .addHelpText('after', '\nEnds with 1 unless it does.\n\nExample:\n  $ slipstream webhooks check')
    .action(
      cli.showing(async () => {
        const [result] = await runChecks(allChecks(cli).filter(({ name }) => name === 'webhooks'))
        const { findings = [], outcome = 'failed' } = result ?? {}
        const isGood = outcome === 'looked' && findings.length === 0
        const lines = findings.map(({ problem, fix }) => `${problem}\n  ${fix}`)
        return {
          data: { isGood, findings },
          text: isGood
            ? texts.kept
            : lines.join('\n') || 'could not look, for want of settings or of an answer: see slipstream doctor',
          exitCode: isGood ? 0 : 1,
        }
      }),
    )

const askFor = async (cli: Cli, replacesForeign: boolean) => {
  const data = await askGateway(cli.env, {
    method: 'PUT',
    path: '/api/v1/operator/push-subscription',
    body: { replacesForeign },
    answer: subscriptionCheckSchema,
  })
  const isGood = data.outcome === 'kept' || data.outcome === 'made'
  return { data, text: texts[data.outcome], exitCode: isGood ? 0 : 1 } as const
}

const byGateway = `
The gateway does it, with SLIPSTREAM_OPERATOR_TOKEN: an access token of the issuer with the role slipstream:operator. Only the
gateway can answer Strava's challenge.`

const createCommand = (cli: Cli): Command =>
  new Command('create')
    .description('makes the push subscription where the app has none')
    .addHelpText('after', `${byGateway}\n\nExample:\n  $ slipstream webhooks create`)
    .action(cli.showing(() => askFor(cli, false)))

const repairCommand = (cli: Cli): Command =>
  new Command('repair')
    .description('replaces a push subscription that posts to an address of before')
    .option('--replace', 'also one that posts to another installation, which gets no webhooks any more', false)
    .addHelpText('after', `${byGateway}\n\nExample:\n  $ slipstream webhooks repair --replace`)
    .action(cli.showing(({ replace }: { replace: boolean }) => askFor(cli, replace)))

export const webhooksCommand = (cli: Cli): Command =>
  new Command('webhooks')
    .description("Strava's push subscription of the app: check, create, repair")
    .addCommand(checkCommand(cli))
    .addCommand(createCommand(cli))
    .addCommand(repairCommand(cli))
