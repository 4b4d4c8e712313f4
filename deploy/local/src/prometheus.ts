import { accessSync, constants, existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { makeFolder } from '@slipstream/embedded'
import type { Part, Running } from './keep-running.ts'
import { startService } from './service-process.ts'

/** Where the binary is on this PATH; null where it is not. */
export const findPrometheus = (path = ''): string | null => {
  const isExecutable = (file: string) => {
    try {
      accessSync(file, constants.X_OK)
      return true
    } catch {
      return false
    }
  }
  const files = path.split(delimiter).filter(Boolean)
  return files.map((folder) => join(folder, 'prometheus')).find(isExecutable) ?? null
}

/** What it is told to do; people look at the demo for minutes, so it asks more often than in production. */
const configFor = (opsUrls: Record<string, string>, ruleFiles: string[]) => ({
  global: { scrape_interval: '5s', evaluation_interval: '5s' },
  rule_files: ruleFiles,
  scrape_configs: [
    {
      job_name: 'slipstream',
      // The services name themselves in all samples; of a service that is down there is only what is said here.
      honor_labels: true,
      static_configs: Object.entries(opsUrls).map(([service, url]) => ({
        targets: [new URL(url).host],
        labels: { service },
      })),
    },
  ],
})

export interface PrometheusOptions {
  command: string
  /** The project: the alerts are at `deploy/prometheus/alerts.yaml` in it, if there are any. */
  root: string
  /** Holds its configuration and what it has measured. */
  folder: string
  port: number
  opsUrls: Record<string, string>
  registryDir: string
  onLine: (line: string) => void
}

/** Prometheus on 127.0.0.1, which asks all running services for their metrics. */
export const prometheusPart = (options: PrometheusOptions): Part<Running> => {
  const { command, root, folder, port, opsUrls, registryDir, onLine } = options
  const alerts = join(root, 'deploy', 'prometheus', 'alerts.yaml')
  const configFile = join(folder, 'prometheus.yaml')
  const address = `127.0.0.1:${port}`
  return {
    name: 'prometheus',
    start: async (signal) => {
      await makeFolder(folder)
      // All JSON is YAML.
      await writeFile(configFile, JSON.stringify(configFor(opsUrls, existsSync(alerts) ? [alerts] : []), null, 2))
      const args = [
        `--config.file=${configFile}`,
        `--storage.tsdb.path=${join(folder, 'data')}`,
        `--web.listen-address=${address}`,
        '--log.level=error',
      ]
      const readyUrl = `http://${address}/-/ready`
      return startService(
        { name: 'prometheus', command, args, cwd: folder, env: process.env, readyUrl },
        { registryDir, signal, onLine },
      )
    },
  }
}
