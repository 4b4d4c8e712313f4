import { lanes } from '@slipstream/contracts'
import { createQuotaLedger, type QuotaStatus, resetOf } from '@slipstream/quota'
import { bucketNames } from '@slipstream/records'
import { Command } from 'commander'
import type { Cli } from '../cli.ts'
import { table } from '../output/table.ts'
import { moment } from '../output/time.ts'
import { readApp } from '../settings.ts'

const titles = {
  overall15m: 'all calls, quarter hour',
  overallDay: 'all calls, UTC day',
  read15m: 'reads, quarter hour',
  readDay: 'reads, UTC day',
} as const

const describeQuota = (status: QuotaStatus) => ({
  buckets: bucketNames.map((name) => {
    const bucket = status.buckets[name]
    const { limit, used, byLane = {} } = bucket
    return { name, limit, used, left: Math.max(0, limit - used), byLane, resetsAt: resetOf(name, bucket) }
  }),
  lanes: lanes.map((lane) => ({ lane, opensAt: status.opensAt(lane) })),
  stops: status.stops,
})

const toText = ({ buckets, lanes: opening, stops }: ReturnType<typeof describeQuota>, now: Date): string => {
  const bucketRows = buckets.map(({ name, limit, used, left, byLane, resetsAt }) => [
    titles[name],
    used,
    limit,
    left,
    ...lanes.map((lane) => byLane[lane] ?? 0),
    moment(resetsAt, now),
  ])
  const laneRows = opening.map(({ lane, opensAt }) => [lane, opensAt <= now ? 'open' : `from ${moment(opensAt, now)}`])
  const stopRows = stops.map(({ name, trouble, since }) => [name, trouble, moment(since, now)])
  return [
    table(['bucket', 'used', 'limit', 'left', ...lanes, 'until'], bucketRows),
    table(['lane', 'may call'], laneRows),
    ...(stopRows.length > 0 ? [table(['stopped', 'why', 'since'], stopRows)] : []),
  ].join('\n\n')
}

export const quotaCommand = (cli: Cli): Command =>
  new Command('quota')
    .description("what is used of Strava's quota, which lane may call, and when each window ends")
    .addHelpText('after', '\nExample:\n  $ slipstream quota --json | jq .buckets')
    .action(
      cli.showing(async () => {
        const { STRAVA_CLIENT_ID: clientId } = readApp(cli.env)
        const status = await cli.withStore(({ collections }) =>
          createQuotaLedger({ collections, clientId, clock: cli }).read(),
        )
        const data = describeQuota(status)
        return { data, text: toText(data, cli.now()) }
      }),
    )
