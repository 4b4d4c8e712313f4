import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { defaultCacheDir, freePort } from '@slipstream/embedded'
import { killAll } from './child-processes.ts'
import { until } from './until.ts'

const run = promisify(execFile)

const howToGetPrometheus =
  'install Prometheus with promtool, 2.42 or later: apt-get install prometheus, or see https://prometheus.io/download'

/** The folder of `prometheus` and `promtool`. */
const folderOnPath = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .find((folder) => ['prometheus', 'promtool'].every((name) => existsSync(join(folder, name))))

/** Debian's package, unpacked into the cache and not installed: its service would start, and would listen to the world. */
const ensureDebianPackage = async (): Promise<string | null> => {
  const parent = join(defaultCacheDir(), 'prometheus')
  const unpacked = join(parent, 'debian')
  const binaries = join(unpacked, 'usr', 'bin')
  if (existsSync(binaries)) return binaries
  mkdirSync(parent, { recursive: true })
  const workDir = mkdtempSync(join(parent, 'fetch-'))
  try {
    await run('apt-get', ['download', 'prometheus'], { cwd: workDir, timeout: 60_000 })
    const [archive] = readdirSync(workDir)
    if (archive === undefined) return null
    const folder = join(workDir, 'root')
    await run('dpkg-deb', ['-x', join(workDir, archive), folder])
    if (!existsSync(unpacked)) renameSync(folder, unpacked)
    return binaries
  } catch {
    // No Debian, or no way to its archive: whoever asks says what is needed.
    return null
  } finally {
    rmSync(workDir, { recursive: true, force: true })
  }
}

const found = (async () => folderOnPath() ?? (await ensureDebianPackage()))()

/** False, with one line that says why, where there is none; in CI that is a failure. */
export const hasPrometheus = async (): Promise<boolean> => {
  if ((await found) !== null) return true
  if (process.env.CI) throw new Error(`tests of boards and alerts must not be skipped here: ${howToGetPrometheus}`)
  console.warn(`Tests of boards and alerts are skipped: ${howToGetPrometheus}`)
  return false
}

const binary = async (name: 'prometheus' | 'promtool'): Promise<string> => {
  const folder = await found
  if (folder === null) throw new Error(howToGetPrometheus)
  return join(folder, name)
}

/** What promtool says. @throws with what it says, when it does not exit with 0 */
export const promtool = async (args: readonly string[], input = ''): Promise<string> => {
  const checking = run(await binary('promtool'), args, { timeout: 60_000 })
  checking.child.stdin?.end(input)
  const { stdout, stderr } = await checking.catch((error: { stdout: string; stderr: string }) => {
    throw new Error(`promtool ${args.join(' ')}\n${error.stdout}\n${error.stderr}`, { cause: error })
  })
  return `${stdout}\n${stderr}`
}

interface Sample {
  metric: Record<string, string>
  /** Seconds since 1970, and the value as text. */
  value: [number, string]
}

export interface Series {
  metric: Record<string, string>
  values: [number, string][]
}

interface FiringAlert {
  state: 'pending' | 'firing'
  labels: Record<string, string>
  annotations: Record<string, string>
}

export interface RunningPrometheus {
  url: string
  query(expression: string): Promise<Sample[]>
  /** Over the last so many seconds. */
  queryRange(expression: string, seconds: number, stepSeconds: number): Promise<Series[]>
  alerts(): Promise<FiringAlert[]>
  /** Names of all metrics that were scraped, of those without samples too. */
  metrics(): Promise<string[]>
  stop(): Promise<void>
}

/** A real Prometheus that scrapes these operations ports each second. `rules` is the text of a file of rules. */
export const startPrometheus = async (options: {
  opsPorts: readonly number[]
  rules: string
}): Promise<RunningPrometheus> => {
  const { opsPorts, rules } = options
  const folder = mkdtempSync(join(tmpdir(), 'slipstream-prometheus-'))
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text)
    return join(folder, name)
  }
  file('rules.yaml', rules)
  const config = file(
    'prometheus.yaml',
    JSON.stringify({
      global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
      rule_files: ['rules.yaml'],
      scrape_configs: [
        { job_name: 'slipstream', static_configs: [{ targets: opsPorts.map((port) => `127.0.0.1:${port}`) }] },
      ],
    }),
  )
  const url = `http://127.0.0.1:${await freePort()}`
  const child = spawn(
    await binary('prometheus'),
    [
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${new URL(url).host}`,
      '--log.level=warn',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
  let output = ''
  child.stderr.setEncoding('utf8').on('data', (chunk) => {
    output += chunk
  })
  const stop = async () => {
    await killAll([child])
    rmSync(folder, { recursive: true, force: true })
  }
  const call = async <Data>(path: string, parameters: Record<string, string> = {}): Promise<Data> => {
    const response = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`)
    const answer = (await response.json()) as { status: string; error?: string; data: Data }
    if (answer.status !== 'success') throw new Error(`${answer.error}: ${JSON.stringify(parameters)}`)
    return answer.data
  }
  try {
    await until(30_000, async () => {
      const { status } = await fetch(`${url}/-/ready`)
      if (status !== 200) throw new Error(`Prometheus is not ready: ${status} ${output}`)
    })
  } catch (error) {
    await stop()
    throw new Error(output, { cause: error })
  }
  return {
    url,
    query: async (query) => (await call<{ result: Sample[] }>('query', { query })).result,
    queryRange: async (query, seconds, stepSeconds) => {
      const end = Date.now() / 1_000
      const range = { start: String(end - seconds), end: String(end), step: String(stepSeconds) }
      return (await call<{ result: Series[] }>('query_range', { query, ...range })).result
    },
    alerts: async () => (await call<{ alerts: FiringAlert[] }>('alerts')).alerts,
    metrics: async () => Object.keys(await call<Record<string, unknown>>('metadata')),
    stop,
  }
}
