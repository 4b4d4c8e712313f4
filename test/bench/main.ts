import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { benchLinkToWorkouts } from './link-to-workouts.ts'
import { benchStart } from './start.ts'

const help = `Measures Slipstream as its users meet it, on this machine, against ceilings measured in the same run.

  npm run bench -- [--only link|start] [--runs N]

  --only   one benchmark instead of all
  --runs   counted repetitions of each, 1 to 200 (default 10)
`

const benchmarks: Record<string, (runs: number) => Promise<string[]>> = { start: benchStart, link: benchLinkToWorkouts }

const { values } = parseArgs({
  options: { only: { type: 'string' }, runs: { type: 'string', default: '10' }, help: { type: 'boolean' } },
})
const runs = Number(values.runs)
const chosen = values.only ? [values.only] : Object.keys(benchmarks)

if (values.help) process.stdout.write(help)
else if (!Number.isInteger(runs) || runs < 1 || runs > 200 || chosen.some((name) => !benchmarks[name])) {
  process.stderr.write(help)
  process.exitCode = 2
} else {
  process.stdout.write(`${cpus().length} × ${cpus()[0]?.model}, Node ${process.version}\n`)
  for (const name of chosen) {
    const lines = await benchmarks[name]?.(runs)
    process.stdout.write(`\n${lines?.join('\n')}\n`)
  }
}
