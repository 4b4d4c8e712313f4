import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@slipstream/embedded'
import { newId } from '@slipstream/runtime'
import { DockerComposeEnvironment, Wait } from 'testcontainers'
import { docker, imageTag, projectRoot } from './containers.ts'
import { type Control, createControl } from './control.ts'

export interface ComposedSystem {
  project: string
  endpoints: { gatewayUrl: string; simulatorUrl: string; natsUrl: string; prometheusUrl: string }
  control: Control
  /** All that were made. */
  secrets(): Record<string, string>
  /** Ids of all containers, ended ones too. */
  containers(): Promise<string[]>
  /** Id of the container of a service. */
  containerOf(service: string): Promise<string>
  /** Runs one of the scripts in `deploy`, as somebody who has set compose up for this system. */
  script(name: 'backup' | 'restore', ...args: string[]): Promise<void>
  /** What the operator's command prints, run as `docker compose run` does; rejects where its exit code is not 0. */
  slipstream(...args: string[]): Promise<string>
  /** Removes containers, networks, volumes and secrets. */
  down(): Promise<void>
}

const run = promisify(execFile)
const folder = join(projectRoot, 'deploy')
const files = ['compose.yaml', 'compose.demo.yaml']

/** All that an image can be had for without a registry; the boards' server is left out. */
const started = ['gateway', 'scheduler', 'ingestion', 'simulator', 'prometheus']

/** The demo as `deploy/compose.yaml` and `deploy/compose.demo.yaml` describe it, from the images of `buildImages`, on free ports. */
export const startComposedSystem = async (): Promise<ComposedSystem> => {
  const [port, simulatorPort, natsPort, prometheusPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ]
  const secretsFolder = mkdtempSync(join(tmpdir(), 'slipstream-secrets-'))
  const forgetSecrets = () => rmSync(secretsFolder, { recursive: true, force: true })
  const project = newId('slipstream-test')
  const settings = {
    VERSION: imageTag,
    SECRETS_DIR: secretsFolder,
    PORT: String(port),
    SIMULATOR_PORT: String(simulatorPort),
    NATS_PORT: String(natsPort),
    PROMETHEUS_PORT: String(prometheusPort),
  }
  const environment = await new DockerComposeEnvironment(folder, files)
    .withProjectName(project)
    // By another container; here it is done by down().
    .withAutoCleanup(false)
    .withEnvironmentFile('demo.env')
    .withEnvironment(settings)
    .withClientOptions({ commandOptions: ['--wait'] })
    .withDefaultWaitStrategy(Wait.forHealthCheck())
    // Not by its port, which is published on this machine's loopback: from within a container testcontainers asks the bridge.
    .withWaitStrategy('prometheus-1', Wait.forLogMessage('Server is ready to receive web requests'))
    .up(started)
    .catch((error: unknown) => {
      forgetSecrets()
      throw error
    })
  const label = `label=com.docker.compose.project=${project}`
  const choice = { COMPOSE_PROJECT_NAME: project, COMPOSE_FILE: files.join(':'), COMPOSE_ENV_FILES: 'demo.env' }
  const asOperator = { cwd: folder, env: { ...process.env, ...settings, ...choice } }
  return {
    project,
    endpoints: {
      gatewayUrl: `http://localhost:${port}`,
      simulatorUrl: `http://localhost:${simulatorPort}`,
      natsUrl: `nats://127.0.0.1:${natsPort}`,
      prometheusUrl: `http://127.0.0.1:${prometheusPort}`,
    },
    control: createControl(`http://localhost:${simulatorPort}`),
    secrets: () =>
      Object.fromEntries(
        readdirSync(secretsFolder).map((name) => [name, readFileSync(join(secretsFolder, name), 'utf8').trim()]),
      ),
    containers: async () => (await docker('ps', '--all', '--quiet', '--filter', label)).split('\n'),
    containerOf: (service) =>
      docker('ps', '--all', '--quiet', '--filter', label, '--filter', `label=com.docker.compose.service=${service}`),
    script: async (name, ...args) => {
      await run(join(folder, name), args, asOperator)
    },
    slipstream: async (...args) => {
      const { stdout } = await run(
        'docker',
        ['compose', 'run', '--rm', '--no-deps', '-T', 'slipstream', ...args],
        asOperator,
      )
      return stdout
    },
    down: async () => {
      await environment.down()
      forgetSecrets()
    },
  }
}
