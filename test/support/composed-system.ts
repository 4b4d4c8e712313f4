import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@slipstream/embedded'
import { newId } from '@slipstream/runtime'
import { DockerComposeEnvironment, Wait } from 'testcontainers'
import { docker, imageTag, projectRoot } from './containers.ts'
import { type Control, createControl } from './control.ts'

export interface ComposedSystem {
  project: string
  endpoints: { gatewayUrl: string; simulatorUrl: string; natsUrl: string; prometheusUrl: string }
  control: Control
  /** One of the secrets that were made. */
  secret(name: string): string
  /** Id of the container of a service. */
  containerOf(service: string): Promise<string>
  /** Removes containers, networks, volumes and secrets. */
  down(): Promise<void>
}

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
  const project = newId('slipstream-test')
  const environment = await new DockerComposeEnvironment(join(projectRoot, 'deploy'), [
    'compose.yaml',
    'compose.demo.yaml',
  ])
    .withProjectName(project)
    // By another container; here it is done by down().
    .withAutoCleanup(false)
    .withEnvironmentFile('demo.env')
    .withEnvironment({
      VERSION: imageTag,
      SECRETS_DIR: secretsFolder,
      PORT: String(port),
      SIMULATOR_PORT: String(simulatorPort),
      NATS_PORT: String(natsPort),
      PROMETHEUS_PORT: String(prometheusPort),
    })
    .withClientOptions({ commandOptions: ['--wait'] })
    .withDefaultWaitStrategy(Wait.forHealthCheck())
    .withWaitStrategy('prometheus-1', Wait.forHttp('/-/ready', 9090))
    .up(started)
  return {
    project,
    endpoints: {
      gatewayUrl: `http://localhost:${port}`,
      simulatorUrl: `http://localhost:${simulatorPort}`,
      natsUrl: `nats://127.0.0.1:${natsPort}`,
      prometheusUrl: `http://127.0.0.1:${prometheusPort}`,
    },
    control: createControl(`http://localhost:${simulatorPort}`),
    secret: (name) => readFileSync(join(secretsFolder, name), 'utf8').trim(),
    containerOf: (service) =>
      docker(
        'ps',
        '--all',
        '--quiet',
        '--filter',
        `label=com.docker.compose.project=${project}`,
        '--filter',
        `label=com.docker.compose.service=${service}`,
      ),
    down: async () => {
      await environment.down()
      rmSync(secretsFolder, { recursive: true })
    },
  }
}
