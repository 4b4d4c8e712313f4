import { cpus, loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { benchIngest } from './ingest.ts'
import { benchLinkToWorkouts } from './link-to-workouts.ts'
import { benchQuotaDays } from './quota-days.ts'
import { benchReads } from './reads.ts'
import { type Bench, formatReport } from './report.ts'
import { benchStart } from './start.ts'
import { benchSweeps } from './sweeps.ts'
import { benchTelemetry } from './telemetry.ts'
import { benchUtilisation } from './utilisation.ts'
import { benchWebhookAcks } from './webhook-acks.ts'
import { benchWebhookLatency } from './webhook-latency.ts'

interface Entry {
  about: string
  bench: Bench
}

const benchmarks: Record<string, Entry> = {
  start: { about: '`npm start` until the page can be used, and the memory it takes', bench: benchStart },
  link: { about: 'from the callback of a first link to all workouts published', bench: benchLinkToWorkouts },
  ingest: { about: 'workouts stored and published a second, against a raw bulkWrite', bench: benchIngest },
  acks: { about: 'webhooks stored and answered a second, against one bare insert', bench: benchWebhookAcks },
  webhooks: { about: 'from an upload at Strava to its event', bench: benchWebhookLatency },
  reads: { about: 'pages of workouts a second, against Express and the driver alone', bench: benchReads },
  telemetry: { about: 'what exporting traces costs of webhooks and reads', bench: benchTelemetry },
  quota: {
    about: 'how much of a small quota three replicas use, and who comes first (takes 4 to 5 minutes)',
    bench: benchUtilisation,
  },
  days: { about: 'athletes that the quota of a new app carries, in simulated days', bench: benchQuotaDays },
  sweeps: { about: 'what idle services look at with 1,000 to 1,000,000 athletes (takes long)', bench: benchSweeps },
}

const help = `Measures Slipstream as its users meet it, on this machine, against ceilings measured in the same run.

  npm run bench -- [--only NAME] [--runs N]

  --only   one benchmark instead of all:
${Object.entries(benchmarks)
  .map(([name, { about }]) => `             ${name.padEnd(10)} ${about}`)
  .join('\n')}
  --runs   counted repetitions of each, 1 to 200 (default 10)
`

const { values } = parseArgs({
  options: { only: { type: 'string' }, runs: { type: 'string', default: '10' }, help: { type: 'boolean' } },
})
const runs = Number(values.runs)
const chosen = Object.entries(benchmarks).filter(([name]) => !values.only || name === values.only)

if (values.help) process.stdout.write(help)
else if (!Number.isInteger(runs) || runs < 1 || runs > 200 || chosen.length === 0) {
  process.stderr.write(help)
  process.exitCode = 2
} else {
  process.stdout.write(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}\n`)
  for (const [, { bench }] of chosen) {
    const load = loadavg()[0] ?? 0
    const report = await bench(runs)
    process.stdout.write(`\n${formatReport(report)}\n  (load of the machine before: ${load.toFixed(1)})\n`)
  }
}
