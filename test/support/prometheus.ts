import { execFile, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@slipstream/embedded'
import { findPrometheus, howToGetPrometheus } from '@slipstream/testing'
import { killAll } from './child-processes.ts'
import { until } from './until.ts'

const run = promisify(execFile)

const binary = async (name: 'prometheus' | 'promtool'): Promise<string> => {
  const folder = await findPrometheus()
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
