import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

const deploy = join(import.meta.dirname, '../deploy')

interface Container {
  image: string
  command?: string[]
  ports?: string[]
  read_only?: boolean
  cap_drop?: string[]
  security_opt?: string[]
  mem_limit?: string
  pids_limit?: number
  restart?: string
  healthcheck?: object
  volumes?: string[]
  environment?: Record<string, string>
  depends_on?: Record<string, object>
}

const read = (file: string): Record<string, Container> => {
  const options = { merge: true, customTags: [{ tag: '!reset', resolve: () => undefined }] }
  return parse(readFileSync(join(deploy, file), 'utf8'), options).services
}

const services = read('compose.yaml')
const { simulator } = read('compose.demo.yaml')
const all = Object.entries({ ...services, ...(simulator && { simulator }) })
const running = all.filter(([, { restart }]) => restart !== 'no')

describe('deploy/compose.yaml', () => {
  it('names the real images in these versions, and this project for all others', () => {
    const images = Object.fromEntries(all.map(([name, { image }]) => [name, image]))
    const own = (name: string) => `slipstream/${name}:\${VERSION:-latest}`
    expect(images).toEqual({
      gateway: own('gateway'),
      scheduler: own('scheduler'),
      ingestion: own('ingestion'),
      simulator: own('simulator'),
      secrets: own('cli'),
      slipstream: own('cli'),
      mongo: 'mongo:8',
      'mongo-users': 'mongo:8',
      nats: 'nats:2.15-alpine',
      prometheus: 'prom/prometheus:v2.42.0',
      grafana: 'grafana/grafana:12.2.0',
    })
  })

  it('has NATS acknowledge only what is on disk', () => {
    const { command, volumes } = services.nats!
    expect(command).toEqual(['--config', '/etc/slipstream/server.conf'])
    expect(volumes).toContain('./nats/server.conf:/etc/slipstream/server.conf:ro')
    const lines = readFileSync(join(deploy, 'nats/server.conf'), 'utf8').split('\n')
    const settings = lines.map((line) => line.replace(/#.*/, '').trim())
    expect(settings.filter((line) => line.startsWith('sync_interval'))).toEqual(['sync_interval: always'])
    expect(settings.join('\n')).not.toContain('persist_mode')
  })

  it('has the simulator in the demo alone', () => {
    expect(simulator?.image).toContain('slipstream/simulator')
    expect(Object.keys(services)).not.toContain('simulator')
    for (const { image, environment } of Object.values(services)) {
      expect(image).not.toContain('simulator')
      expect(JSON.stringify(environment ?? {})).not.toContain('simulator')
    }
  })

  it('has NATS read what each user may do in the release that starts', () => {
    expect(services.nats?.depends_on?.secrets).toEqual({ condition: 'service_completed_successfully', restart: true })
  })

  it('starts nothing for who looks at what is away', () => {
    expect(services.slipstream?.depends_on).toBeUndefined()
    expect(read('compose.demo.yaml').slipstream?.depends_on).toBeUndefined()
  })

  it('has MongoDB as a replica set that knows who asks', () => {
    expect(services.mongo?.command?.slice(0, 4)).toEqual(['--replSet', 'rs0', '--keyFile', '/run/secrets/keyfile'])
  })

  it.each(all)('%s is contained and bounded', (_name, container) => {
    expect(container).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      pids_limit: expect.any(Number),
    })
  })

  it.each(running)('%s is started again, and has a limit of memory', (_name, container) => {
    expect(container).toMatchObject({ restart: 'unless-stopped', mem_limit: expect.any(String) })
  })

  it.each(all)('%s is open to this machine only, unless somebody says otherwise', (_name, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^(127\.0\.0\.1|\$\{PUBLISH_ADDRESS:-127\.0\.0\.1\}):/)
  })

  it.each(all)('%s gets secrets as files only', (_name, { environment = {} }) => {
    const secret = /SECRET|PASSWORD|TOKEN|KEYS|MONGODB_URI|CREDS/
    for (const [name, value] of Object.entries(environment)) {
      if (secret.test(name))
        expect([name, value]).toEqual([expect.stringMatching(/_FILE$/), expect.stringMatching(/^\/run\/secrets\//)])
    }
  })

  it('says in .env.example what may be set, and nothing else', () => {
    const text = ['compose.yaml', 'compose.demo.yaml']
      .map((file) => readFileSync(join(deploy, file), 'utf8'))
      .join('\n')
    const used = new Set([...text.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name))
    // Of the demo alone, whose settings are all made.
    for (const name of ['SIMULATES_STRAVA', 'SIMULATOR_PORT']) used.delete(name)
    const example = readFileSync(join(deploy, '.env.example'), 'utf8')
    const told = [...example.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => name)
    expect(told.toSorted()).toEqual([...used].toSorted())
  })

  it('finds every file of this folder that a container is given', () => {
    for (const [, { volumes = [] }] of all) {
      for (const source of volumes
        .map((volume) => volume.split(':')[0] ?? '')
        .filter((path) => path.startsWith('./'))) {
        if (source.startsWith('./grafana')) continue
        expect(readdirSync(join(deploy, source, '..'))).toContain(source.split('/').at(-1))
      }
    }
  })
})
