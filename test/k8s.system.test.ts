import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, relative } from 'node:path'
import { prometheusRule } from '@slipstream/k8s'
import type { Environment } from '@slipstream/runtime'
import { createMetrics, startOpsServer } from '@slipstream/telemetry'
import type { Deployment } from 'kubernetes-types/apps/v1.js'
import type { HorizontalPodAutoscaler } from 'kubernetes-types/autoscaling/v2.js'
import type { Container, Probe, Secret, Service, ServiceAccount } from 'kubernetes-types/core/v1.js'
import type { Ingress, NetworkPolicy } from 'kubernetes-types/networking/v1.js'
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.js'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { allReaders } from '../libs/cli/src/settings.ts'
import { stopLimitMs } from '../libs/service/src/stop-budget.ts'
import { gatewayConfig } from '../services/gateway/src/config.ts'
import { ingestionConfig } from '../services/ingestion/src/config.ts'
import { schedulerConfig } from '../services/scheduler/src/config.ts'
import { simulatorConfig } from '../services/simulator/src/config.ts'
import {
  environmentOf,
  lets,
  type Manifest,
  ofKind,
  type Place,
  type Pods,
  podsOf,
  readManifests,
  secretFilesOf,
  selects,
} from './support/kubernetes/manifests.ts'
import { findKubernetesTools } from './support/kubernetes/tools.ts'

const root = join(import.meta.dirname, '..')
const read = (path: string): string => readFileSync(join(root, path), 'utf8')
const { version } = JSON.parse(read('package.json')) as { version: string }

const services = ['gateway', 'scheduler', 'ingestion']
const images = [...services, 'simulator', 'cli'].map((name) => `slipstream/${name}`)
const readers: Record<string, (env: Environment) => unknown> = {
  gateway: gatewayConfig,
  scheduler: schedulerConfig,
  ingestion: ingestionConfig,
  simulator: simulatorConfig,
}
/** What operators bring, and no schema of Kubernetes knows. */
const customKinds = ['MongoDBCommunity', 'PodMonitor', 'PrometheusRule']
const folders = ['overlays/demo', 'overlays/production', 'migration', 'data']

const tools = await findKubernetesTools()
const scratch = mkdtempSync(join(tmpdir(), 'slipstream-k8s-'))
const rendered: Record<string, Manifest[]> = {}
const problems: Record<string, string[]> = {}
let secrets: (Manifest & Secret)[] = []

/** Runs `k8s/make-secrets`, which asks kubectl and no cluster. */
const makeSecrets = (...args: string[]): (Manifest & Secret)[] => {
  const path = [...(tools?.kubectlFolder ? [tools.kubectlFolder] : []), process.env.PATH].join(delimiter)
  const text = execFileSync(join(root, 'k8s/make-secrets'), args, { env: { ...process.env, PATH: path } })
  return readManifests(text.toString()) as (Manifest & Secret)[]
}

beforeAll(async () => {
  if (!tools) return
  for (const folder of folders) {
    const text = await tools.kubectl(['kustomize', join(root, 'k8s', folder)])
    rendered[folder] = readManifests(text)
    const file = join(scratch, `${folder.replace('/', '-')}.yaml`)
    writeFileSync(file, text)
    problems[folder] = await tools.validate(file)
  }
  writeFileSync(join(scratch, 'client-secret'), 'of-strava\n')
  execFileSync(process.execPath, [join(root, 'deploy/nats/src/bin/make-nats-auth.ts'), scratch])
  secrets = [...makeSecrets('demo'), ...makeSecrets('production', join(scratch, 'client-secret'), scratch)]
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const own = (folder: string): Pods[] => podsOf(rendered[folder]!).filter(({ name }) => name in readers)
const everyPod = (): [string, Pods][] =>
  folders.flatMap((folder) => podsOf(rendered[folder]!).map((pods) => [folder, pods] as [string, Pods]))
const place = ({ workload, labels }: Pods): Place => ({ namespace: workload.metadata.namespace!, labels })
const namespaceOf = (folder: string): string => ofKind(rendered[folder]!, 'Namespace')[0]!.metadata.name
const secretKeyed = (namespace: string, name: string, key: string): string | undefined => {
  const found = secrets.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
  const value = found?.data?.[key]
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString()
}
const portsOf = ({ containers }: Pods): Record<string, number> =>
  Object.fromEntries(
    containers.flatMap(({ ports = [] }) => ports.map(({ name, containerPort }) => [name, containerPort])),
  )

/** The names that a reader of settings asks for, whatever it makes of the answers. */
const askedNames = (reader: (env: Environment) => unknown): Set<string> => {
  const names = new Set<string>()
  const env = new Proxy({}, { get: (_, name) => void names.add(String(name)) })
  try {
    reader(env)
  } catch {
    // There was nothing to read.
  }
  return names
}

describe.skipIf(!tools)('the manifests of Kubernetes', () => {
  it.each(folders)('%s is rendered and fits the schemas, without a key that nobody knows', (folder) => {
    const unknown = problems[folder]!.filter(
      (line) => !customKinds.some((kind) => line.includes(`Couldn't find schema for kind ${kind} `)),
    )
    expect(unknown).toEqual([])
    expect(rendered[folder]!.length).toBeGreaterThan(2)
  })

  it('run images of this release, each with a tag that says which', () => {
    const used = everyPod().flatMap(([, { containers }]) => containers.map(({ image }) => image!))
    expect(used.filter((image) => image.startsWith('slipstream/')).toSorted()).toEqual(
      [...images, ...images.slice(0, 3), 'slipstream/cli'].map((name) => `${name}:${version}`).toSorted(),
    )
    for (const image of used) expect(image).toMatch(/:\d+\.\d+/)
  })

  it('say nothing that is secret', () => {
    for (const folder of folders) {
      expect(ofKind(rendered[folder]!, 'Secret')).toEqual([])
      for (const { containers } of podsOf(rendered[folder]!)) {
        for (const container of containers) {
          const environment = Object.entries(environmentOf(container, rendered[folder]!))
          expect(
            environment.filter(([name]) => /SECRET|TOKEN|KEY|CREDS/.test(name) && !name.endsWith('_FILE')),
          ).toEqual([])
          expect(environment.filter(([, value]) => /:\/\/[^/]*@/.test(value))).toEqual([])
        }
      }
    }
  })

  it('give each secret file to a pod from a key that make-secrets makes, and only to pods that name it', () => {
    for (const [folder, pods] of everyPod()) {
      const files = secretFilesOf(pods)
      const environment = pods.containers.map((container) => environmentOf(container, rendered[folder]!))
      const named = environment.flatMap((one) => Object.entries(one)).filter(([name]) => name.endsWith('_FILE'))
      expect(files.map(({ path }) => path).toSorted(), pods.name).toEqual(named.map(([, path]) => path).toSorted())
      for (const { secret, key } of files) {
        expect(secretKeyed(pods.workload.metadata.namespace!, secret, key), `${secret}/${key}`).toBeTruthy()
      }
    }
    const perUser = (folder: string) =>
      podsOf(rendered[folder]!).flatMap((pods) =>
        secretFilesOf(pods)
          .filter(({ secret }) => ['mongodb', 'nats'].includes(secret))
          .map(({ key }) => [pods.name, key.replace('.creds', '')]),
      )
    for (const [pods, user] of [...perUser('overlays/production'), ...perUser('migration')]) expect(user).toBe(pods)
  })

  it('take users of NATS that are YAML as well, for the values of a chart', () => {
    const { authorization } = parse(readFileSync(join(scratch, 'auth.conf'), 'utf8'))
    expect(authorization.users).toHaveLength(5)
  })

  describe.each(['overlays/demo', 'overlays/production'])('%s', (folder) => {
    it('sets only what each service reads, to values that it takes', () => {
      const names = folder === 'overlays/demo' ? [...services, 'simulator'] : services
      expect(
        own(folder)
          .map(({ name }) => name)
          .toSorted(),
      ).toEqual(names.toSorted())
      for (const pods of own(folder)) {
        const reader = readers[pods.name]!
        const environment = environmentOf(pods.containers[0]!, rendered[folder]!)
        const asked = askedNames(reader)
        expect(
          Object.keys(environment).filter((name) => !asked.has(name)),
          pods.name,
        ).toEqual([])

        const files = join(scratch, folder, pods.name)
        for (const { path, secret, key } of secretFilesOf(pods)) {
          mkdirSync(dirname(join(files, path)), { recursive: true })
          writeFileSync(join(files, path), secretKeyed(namespaceOf(folder), secret, key)!)
        }
        const here = Object.entries(environment).map(([name, value]) => [
          name,
          name.endsWith('_FILE') ? join(files, value) : value,
        ])
        expect(() => reader(Object.fromEntries(here))).not.toThrow()
      }
    })

    it('has the ports that the settings say, on an address that others reach', () => {
      for (const pods of own(folder)) {
        const environment = environmentOf(pods.containers[0]!, rendered[folder]!)
        const { PORT, OPS_PORT, OPS_HOST } = environment
        expect({ host: OPS_HOST, ...portsOf(pods) }, pods.name).toEqual({
          host: '0.0.0.0',
          ops: Number(OPS_PORT),
          ...(PORT && { http: Number(PORT) }),
        })
        if (pods.name === 'simulator') expect(environment.HOST).toBe('0.0.0.0')
      }
    })

    it('probes what the operations port answers', async () => {
      const ops = await startOpsServer({
        port: 0,
        host: '127.0.0.1',
        registry: createMetrics('gateway').registry,
        readiness: () => ({ process: { ok: true } }),
      })
      try {
        for (const { name, containers } of own(folder)) {
          const { startupProbe, livenessProbe, readinessProbe } = containers[0]!
          const paths = [startupProbe, livenessProbe, readinessProbe].map((probe?: Probe) => probe?.httpGet?.path)
          expect(paths, name).toEqual(['/healthz', '/healthz', '/readyz'])
          for (const probe of [startupProbe, livenessProbe, readinessProbe]) {
            expect(probe?.httpGet?.port).toBe('ops')
            expect((await fetch(`http://127.0.0.1:${ops.port}${probe?.httpGet?.path}`)).status).toBe(200)
          }
          // A start may wait 45 s for MongoDB, and the process answers before.
          expect(startupProbe!.periodSeconds! * startupProbe!.failureThreshold!).toBeGreaterThanOrEqual(45)
        }
      } finally {
        await ops.close()
      }
    })

    it('waits longer for a stop than the longest one takes', () => {
      for (const { name, containers, spec } of own(folder)) {
        const drainSeconds = Number(environmentOf(containers[0]!, rendered[folder]!).DRAIN_SECONDS ?? 0)
        if (name === 'gateway') expect(drainSeconds).toBeGreaterThanOrEqual(5)
        expect(spec.terminationGracePeriodSeconds! * 1_000, name).toBeGreaterThan(stopLimitMs(drainSeconds * 1_000))
      }
    })

    it('has a service, a budget and a spread for pods that exist, and takes no replica away before the next one is ready', () => {
      const all = podsOf(rendered[folder]!)
      const isSelected = (selector: Parameters<typeof selects>[0]) =>
        all.filter(({ labels }) => selects(selector, labels))
      for (const { metadata, spec } of ofKind<Service>(rendered[folder]!, 'Service')) {
        const behind = isSelected({ matchLabels: spec!.selector! })
        expect(behind, metadata.name).not.toEqual([])
        for (const { port, targetPort = port } of spec!.ports ?? []) {
          if (spec!.clusterIP === 'None') continue
          for (const pods of behind) expect(portsOf(pods), metadata.name).toHaveProperty(String(targetPort))
        }
      }
      const budgets = ofKind<PodDisruptionBudget>(rendered[folder]!, 'PodDisruptionBudget')
      for (const name of services) {
        const selected = budgets.filter(({ spec }) => isSelected(spec!.selector!).some((pods) => pods.name === name))
        expect(
          selected.map(({ spec }) => spec!.maxUnavailable),
          name,
        ).toEqual([1])
        expect(isSelected(selected[0]!.spec!.selector!).map((pods) => pods.name)).toEqual([name])
      }
      for (const { metadata, spec } of ofKind<Deployment>(rendered[folder]!, 'Deployment')) {
        expect(selects(spec!.selector, spec!.template.metadata!.labels!), metadata.name).toBe(true)
        if (!services.includes(metadata.name)) continue
        expect(spec!.strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } })
        const spread = spec!.template.spec!.topologySpreadConstraints!
        expect(spread.map(({ topologyKey }) => topologyKey)).toEqual([
          'topology.kubernetes.io/zone',
          'kubernetes.io/hostname',
        ])
        for (const { labelSelector } of spread)
          expect(isSelected(labelSelector).map((pods) => pods.name)).toEqual([metadata.name])
      }
    })

    it('lets pods talk to what their settings name, and to nothing else', () => {
      const policies = folders.flatMap((one) => ofKind<NetworkPolicy>(rendered[one]!, 'NetworkPolicy'))
      const all = podsOf(rendered[folder]!)
      for (const { metadata, spec } of policies.filter((policy) => policy.metadata.namespace === namespaceOf(folder))) {
        const selected = [...all, ...podsOf(rendered.migration!)].filter(({ labels }) =>
          selects(spec!.podSelector, labels),
        )
        expect(selected, metadata.name).not.toEqual([])
      }
      const denied = policies.find(
        ({ metadata }) => metadata.name === 'default-deny' && metadata.namespace === namespaceOf(folder),
      )
      expect(denied?.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] })
      const namespace = folder === 'overlays/demo' ? namespaceOf(folder) : namespaceOf('data')
      const named = Object.fromEntries(all.map((pods) => [pods.name, pods]))
      const mongodb = ofKind(rendered.data!, 'MongoDBCommunity')[0]!
      // Labels of what the operator and the chart make, which is not rendered here.
      const remote: Record<string, Place> = {
        mongodb: { namespace, labels: { app: `${mongodb.metadata.name}-svc` } },
        nats: { namespace, labels: { 'app.kubernetes.io/name': 'nats' } },
      }
      const places = { ...remote, ...Object.fromEntries(all.map((pods) => [pods.name, place(pods)])) }
      const ports: Record<string, (string | number)[]> = {
        mongodb: folder === 'overlays/demo' ? [27017, 'mongodb'] : [27017],
        nats: folder === 'overlays/demo' ? [4222, 'nats'] : [4222],
        gateway: [portsOf(named.gateway!).http!, 'http'],
        scheduler: [9100, 'ops'],
        ingestion: [9100, 'ops'],
        simulator: [4400, 'http'],
        operator: [],
      }
      const names = Object.keys(places)
      const flows = names.flatMap((from) =>
        names
          .filter((to) => to !== from)
          .filter(
            (to) =>
              lets(policies, 'egress', places[from]!, places[to]!, ports[to]!) &&
              lets(policies, 'ingress', places[to]!, places[from]!, ports[to]!),
          )
          .map((to) => `${from} → ${to}`),
      )
      // Pods of the data namespace may begin anything; the services let none of them in.
      expect(flows.toSorted()).toEqual(
        [
          ...services.flatMap((from) => [`${from} → mongodb`, `${from} → nats`]),
          ...(folder === 'overlays/production' ? ['operator → mongodb', 'operator → nats'] : []),
          ...(folder === 'overlays/demo'
            ? ['gateway → simulator', 'ingestion → simulator', 'simulator → gateway']
            : []),
        ].toSorted(),
      )
      // Prometheus reads metrics and nothing else; nobody but it comes in from where it is.
      const prometheus = { namespace: 'monitoring', labels: {} }
      for (const name of services) {
        expect(lets(policies, 'ingress', places[name]!, prometheus, ['ops', 9100]), name).toBe(true)
        expect(lets(policies, 'ingress', places[name]!, prometheus, ['http', 3000]), name).toBe(false)
        expect(
          lets(
            policies,
            'egress',
            places[name]!,
            { namespace: 'kube-system', labels: { 'k8s-app': 'kube-dns' } },
            [53],
          ),
        ).toBe(true)
      }
      const fromIngress = { namespace: 'traefik', labels: {} }
      expect(lets(policies, 'ingress', places.gateway!, fromIngress, ['http', 3000])).toBe(
        folder === 'overlays/production',
      )
      expect(lets(policies, 'ingress', places.gateway!, fromIngress, ['ops', 9100])).toBe(false)
      const toInternet = policies.filter(({ spec }) =>
        spec?.egress?.some(({ to }) => to?.some(({ ipBlock }) => ipBlock)),
      )
      for (const { spec, metadata } of toInternet.filter(
        (policy) => policy.metadata.namespace === namespaceOf(folder),
      )) {
        expect(
          all
            .filter(({ labels }) => selects(spec!.podSelector, labels))
            .map(({ name }) => name)
            .toSorted(),
        ).toEqual(metadata.name === 'operator-internet' ? ['operator'] : ['gateway', 'ingestion'])
        expect(
          spec!.egress!.flatMap(({ ports: open }) => open),
          metadata.name,
        ).toEqual([{ protocol: 'TCP', port: 443 }])
      }
      expect(toInternet).not.toEqual([])
    })
  })

  it('run everything without privileges, without a token of the cluster, and within memory that is theirs', () => {
    for (const folder of ['overlays/demo', 'overlays/production']) {
      const [namespace] = ofKind(rendered[folder]!, 'Namespace')
      expect(namespace!.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' })
    }
    for (const [folder, { name, spec, containers }] of everyPod()) {
      expect(spec, name).toMatchObject({ automountServiceAccountToken: false, enableServiceLinks: false })
      expect(spec.securityContext, name).toMatchObject({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      })
      if (name in readers || name === 'migration' || name === 'operator')
        expect(spec.securityContext).toMatchObject({ runAsUser: 1000, fsGroup: 1000 })
      const account = ofKind<ServiceAccount>(rendered[folder]!, 'ServiceAccount').find(
        ({ metadata }) => metadata.name === name,
      )
      expect(account, name).toMatchObject({ automountServiceAccountToken: false })
      expect(spec.serviceAccountName).toBe(name)
      for (const container of containers as Container[]) {
        expect(container.securityContext, name).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        })
        expect(container.resources, name).toMatchObject({
          requests: { cpu: expect.anything(), memory: expect.anything() },
          limits: { memory: expect.anything() },
        })
        if (name === 'nats') continue
        const tmp = container.volumeMounts?.find(({ mountPath }) => mountPath === '/tmp')
        expect(spec.volumes?.find((volume) => volume.name === tmp?.name)?.emptyDir, name).toBeDefined()
      }
    }
  })

  describe('of production', () => {
    const folder = 'overlays/production'

    it('run two replicas of everything, and more of the gateway when it is busy', () => {
      const [scaler] = ofKind<HorizontalPodAutoscaler>(rendered[folder]!, 'HorizontalPodAutoscaler')
      const replicas = Object.fromEntries(
        ofKind<Deployment>(rendered[folder]!, 'Deployment').map(({ metadata, spec }) => [
          metadata.name,
          spec!.replicas,
        ]),
      )
      // A number beside the autoscaler's would be set again with each `kubectl apply`.
      expect(replicas).toEqual({ gateway: undefined, scheduler: 2, ingestion: 2, operator: 0 })
      expect(scaler!.spec).toMatchObject({ scaleTargetRef: { kind: 'Deployment', name: 'gateway' }, minReplicas: 2 })
      expect(scaler!.spec!.maxReplicas).toBeGreaterThan(2)
    })

    it('give the operator what each of their commands asks for', () => {
      const operator = podsOf(rendered[folder]!).find(({ name }) => name === 'operator')!
      const files = Object.fromEntries(
        secretFilesOf(operator).map(({ path, secret, key }) => [path, secretKeyed(namespaceOf(folder), secret, key)!]),
      )
      const environment = Object.entries(environmentOf(operator.containers[0]!, rendered[folder]!)).map(
        ([name, value]) => {
          if (!name.endsWith('_FILE')) return [name, value]
          const file = join(scratch, `operator-${name}`)
          writeFileSync(file, files[value]!)
          return [name, file]
        },
      )
      for (const reader of allReaders) expect(() => reader(Object.fromEntries(environment))).not.toThrow()
      const asked = new Set(allReaders.flatMap((reader) => [...askedNames(reader)]))
      for (const name of ['PUBLIC_URL', 'NATS_CREDS_FILE', 'TOKEN_KEYS_FILE', 'STRAVA_WEBHOOK_PATH_SECRET_FILE']) {
        expect(asked).toContain(name)
        expect(Object.fromEntries(environment)).toHaveProperty(name)
      }
    })

    it('lead the public address by TLS to a port of the gateway, and pass events on as they come', () => {
      const [ingress] = ofKind<Ingress>(rendered[folder]!, 'Ingress')
      const gateway = own(folder).find(({ name }) => name === 'gateway')!
      const { PUBLIC_URL, TRUSTED_PROXY_HOPS } = environmentOf(gateway.containers[0]!, rendered[folder]!)
      const [rule] = ingress!.spec!.rules!
      expect(PUBLIC_URL).toBe(`https://${rule!.host}`)
      expect(ingress!.spec!.tls).toEqual([{ hosts: [rule!.host], secretName: 'gateway-tls' }])
      expect(TRUSTED_PROXY_HOPS).toBe('1')
      const { name, port } = rule!.http!.paths[0]!.backend.service!
      const service = ofKind<Service>(rendered[folder]!, 'Service').find(({ metadata }) => metadata.name === name)
      expect(service?.spec?.ports?.map((one) => one.name)).toContain(port!.name)
      const annotation = (key: string) => ingress!.metadata.annotations?.[`nginx.ingress.kubernetes.io/${key}`]
      expect(annotation('proxy-buffering')).toBe('off')
      // Well above the heartbeat of 15 s.
      expect(Number(annotation('proxy-read-timeout'))).toBeGreaterThanOrEqual(60)
      expect(annotation('enable-access-log')).toBe('false')
    })

    it('are scraped where metrics are, and alarmed by the rules of Prometheus', async () => {
      const [monitor] = ofKind(rendered[folder]!, 'PodMonitor')
      const scraped = own(folder).filter(({ labels }) => selects(monitor!.spec.selector, labels))
      expect(scraped.map(({ name }) => name).toSorted()).toEqual(services.toSorted())
      for (const endpoint of monitor!.spec.podMetricsEndpoints) {
        expect(endpoint.path).toBe('/metrics')
        for (const pods of scraped) expect(portsOf(pods)).toHaveProperty(endpoint.port)
      }
      const rules = 'deploy/prometheus/alerts.yaml'
      expect(
        read('k8s/components/monitoring/prometheus-rule.yaml'),
        `npm run generate -w k8s, after a change of ${rules}`,
      ).toBe(prometheusRule(existsSync(join(root, rules)) ? read(rules) : null))
      if (!existsSync(join(root, rules))) return
      expect(ofKind(rendered[folder]!, 'PrometheusRule')[0]!.spec.groups).toEqual(parse(read(rules)).groups)
    })

    it('send traces to where a policy lets them go, where that is asked for', async () => {
      const at = (path: string) => relative(realpathSync(scratch), join(root, 'k8s', path))
      const traced = { resources: [at(folder)], components: [at('components/tracing')], namespace: namespaceOf(folder) }
      writeFileSync(join(scratch, 'kustomization.yaml'), JSON.stringify(traced))
      const manifests = readManifests((await tools?.kubectl(['kustomize', scratch])) ?? '')
      const policies = ofKind<NetworkPolicy>(manifests, 'NetworkPolicy')
      for (const pods of podsOf(manifests).filter(({ name }) => name in readers)) {
        const { OTEL_EXPORTER_OTLP_ENDPOINT } = environmentOf(pods.containers[0]!, manifests)
        const { hostname, port } = new URL(OTEL_EXPORTER_OTLP_ENDPOINT!)
        const collector = { namespace: hostname.split('.')[1]!, labels: {} }
        expect(lets(policies, 'egress', place(pods), collector, [Number(port)]), pods.name).toBe(true)
        expect(askedNames(readers[pods.name]!)).toContain('OTEL_EXPORTER_OTLP_ENDPOINT')
      }
    })

    it('find MongoDB and NATS where they are made, with the users that they have', () => {
      const [mongodb] = ofKind(rendered.data!, 'MongoDBCommunity')
      const { name, namespace } = mongodb!.metadata
      const users = mongodb!.spec.users as {
        name: string
        db: string
        passwordSecretRef: { name: string; key: string }
      }[]
      expect(users.map((user) => user.name).toSorted()).toEqual([...services, 'migration', 'operator'].toSorted())
      for (const user of users) {
        const password = secretKeyed(namespace!, user.passwordSecretRef.name, user.passwordSecretRef.key)
        const hosts = Array.from(
          { length: mongodb!.spec.members },
          (_, member) => `${name}-${member}.${name}-svc.${namespace}.svc.cluster.local:27017`,
        )
        const address = `mongodb://${user.name}:${password}@${hosts.join(',')}/${user.db}?replicaSet=${name}`
        expect(secretKeyed('slipstream', 'mongodb', user.name) === address, user.name).toBe(true)
      }
      const [migration] = podsOf(rendered.migration!)
      const policies = [folder, 'migration', 'data'].flatMap((one) =>
        ofKind<NetworkPolicy>(rendered[one]!, 'NetworkPolicy'),
      )
      const server = { namespace: namespace!, labels: { app: `${name}-svc` } }
      expect(lets(policies, 'egress', place(migration!), server, [27017])).toBe(true)
      expect(lets(policies, 'ingress', server, place(migration!), [27017])).toBe(true)
      expect(migration!.containers[0]!.args).toEqual(['migrate'])
      expect(Object.keys(environmentOf(migration!.containers[0]!, rendered.migration!))).toEqual(['MONGODB_URI_FILE'])

      const nats = parse(read('k8s/nats/values.yaml'))
      const environment = environmentOf(own(folder)[0]!.containers[0]!, rendered[folder]!)
      expect(nats.config.cluster).toEqual({ enabled: true, replicas: Number(environment.NATS_STREAM_REPLICAS) })
      expect(nats.config.jetstream).toMatchObject({ enabled: true, merge: { sync_interval: 'always' } })
      expect(environment.NATS_URL).toBe(`nats://nats.${namespaceOf('data')}:4222`)
    })
  })

  it('are applied from folders that exist, as the README says', () => {
    const named = [...read('k8s/README.md').matchAll(/(?:apply|kustomize|diff|delete) -k ([a-z0-9/-]+)/g)].map(
      ([, path]) => path!,
    )
    expect(named).toContain('k8s/overlays/production')
    for (const path of named) expect(existsSync(join(root, path, 'kustomization.yaml')), path).toBe(true)
  })
})
