import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { linkAthlete, synced } from './support/linked-athlete.ts'
import { type RunningSystem, startSystem } from './support/system.ts'
import { until } from './support/until.ts'

const root = resolve(import.meta.dirname, '..')
const run = promisify(execFile)

let system: RunningSystem
beforeAll(async () => {
  system = await startSystem('readme')
  await synced(await linkAthlete(system, 'anna'), 30_000)
})
afterAll(() => system?.stop())

/** The shell blocks between the README's markers, pointed at the ports of the system under test. */
const commands = (): string[] => {
  const readme = readFileSync(join(root, 'README.md'), 'utf8')
  const section = readme.slice(readme.indexOf('<!-- commands:start -->'), readme.indexOf('<!-- commands:end -->'))
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block = '']) =>
    block
      .replaceAll('http://localhost:3000', system.endpoints.gatewayUrl)
      .replaceAll('http://localhost:4400', system.simulatorUrl),
  )
}

it('the commands of the README work as printed', async () => {
  const [subscribe = '', summary = '', addAndSync = '', tour = ''] = commands()
  const env = { ...process.env, NATS_URL: system.endpoints.natsUrl ?? '' }
  const shell = async (script: string) =>
    (await run('bash', ['-euo', 'pipefail', '-c', script], { cwd: root, env })).stdout

  const answer = JSON.parse(await shell(summary)) as { strava: { status: string }; recentWorkouts: unknown[] }
  expect(answer.strava.status).toBe('active')
  expect(answer.recentWorkouts.length).toBeGreaterThan(0)

  const line = (block: string, start: string) => block.split('\n').find((text) => text.startsWith(start)) ?? ''
  // What it does is tested in tour.system.test.ts.
  expect(await shell(`${line(tour, 'npm')} -- --help`)).toContain('Usage: npm run tour')

  const watching = spawn('bash', ['-c', line(subscribe, 'npm')], { cwd: root, env, detached: true })
  let seen = ''
  for (const stream of [watching.stdout, watching.stderr]) {
    stream.on('data', (chunk) => {
      seen += chunk
    })
  }
  try {
    await until(20_000, async () => expect(seen).toContain('listening to'))
    await shell(`${line(summary, 'TOKEN=')}\n${addAndSync}`)
    await until(20_000, async () => expect(seen).toMatch(/activity\.ingested.*Evening run/))
  } finally {
    if (watching.pid !== undefined) process.kill(-watching.pid, 'SIGINT')
    await once(watching, 'exit')
  }
})
