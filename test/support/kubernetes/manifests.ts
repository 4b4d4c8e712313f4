import type { ConfigMap, Container, PodSpec } from 'kubernetes-types/core/v1.js'
import type { LabelSelector, ObjectMeta } from 'kubernetes-types/meta/v1.js'
import type { NetworkPolicy, NetworkPolicyPeer } from 'kubernetes-types/networking/v1.js'
import { parseAllDocuments } from 'yaml'

export interface Manifest {
  kind: string
  metadata: ObjectMeta & { name: string }
  // biome-ignore lint/suspicious/noExplicitAny: every kind has its own
  [part: string]: any
}

export const readManifests = (text: string): Manifest[] => parseAllDocuments(text).map((document) => document.toJS())

export const ofKind = <Kind>(manifests: readonly Manifest[], kind: string): (Manifest & Kind)[] =>
  manifests.filter((manifest) => manifest.kind === kind) as (Manifest & Kind)[]

/** What runs: the pods of one workload. */
export interface Pods {
  workload: Manifest
  name: string
  labels: Record<string, string>
  spec: PodSpec
  containers: Container[]
}

export const podsOf = (manifests: readonly Manifest[]): Pods[] =>
  manifests
    .filter(({ spec }) => spec?.template?.spec?.containers)
    .map((workload) => {
      const { metadata, spec } = workload.spec.template
      return { workload, name: workload.metadata.name, labels: metadata.labels, spec, containers: spec.containers }
    })

export const selects = (selector: LabelSelector | undefined, labels: Record<string, string>): boolean =>
  Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value) &&
  (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    if (operator !== 'In') throw new Error(`an operator that is not known here: ${operator}`)
    return values.includes(labels[key] ?? '')
  })

/** What a container gets to see: what its ConfigMaps hold, and what stands in the manifest itself. */
export const environmentOf = (container: Container, manifests: readonly Manifest[]): Record<string, string> => {
  const configMaps = ofKind<ConfigMap>(manifests, 'ConfigMap')
  const fromMaps = (container.envFrom ?? []).map(({ configMapRef }) => {
    const found = configMaps.find(({ metadata }) => metadata.name === configMapRef?.name)
    if (!found) throw new Error(`no ConfigMap ${configMapRef?.name}`)
    return found.data ?? {}
  })
  const own = Object.fromEntries((container.env ?? []).map(({ name, value }) => [name, value ?? '']))
  return Object.assign({}, ...fromMaps, own)
}

/** The files of secrets that a pod sees, each with the Secret and key it comes from. */
export const secretFilesOf = ({ spec, containers }: Pods): { path: string; secret: string; key: string }[] =>
  containers.flatMap(({ volumeMounts = [] }) =>
    volumeMounts.flatMap(({ name, mountPath }) => {
      const sources = spec.volumes?.find((volume) => volume.name === name)?.projected?.sources ?? []
      return sources.flatMap(({ secret }) =>
        (secret?.items ?? []).map(({ key, path }) => ({
          path: `${mountPath}/${path}`,
          secret: secret?.name ?? '',
          key,
        })),
      )
    }),
  )

/** A pod as a peer of others: what it is called and where. */
export interface Place {
  namespace: string
  labels: Record<string, string>
}

const admits = (peers: readonly NetworkPolicyPeer[] | undefined, own: Place, other: Place): boolean =>
  (peers ?? []).some(({ namespaceSelector, podSelector, ipBlock }) => {
    if (ipBlock) return false
    const isThere = namespaceSelector
      ? selects(namespaceSelector, { 'kubernetes.io/metadata.name': other.namespace })
      : other.namespace === own.namespace
    return isThere && selects(podSelector, other.labels)
  })

/** Whether the policies of a pod's namespace let it talk to another, or be talked to, at that port (its number or name). */
export const lets = (
  policies: readonly (Manifest & NetworkPolicy)[],
  way: 'ingress' | 'egress',
  own: Place,
  other: Place,
  port: readonly (number | string)[],
): boolean => {
  const type = way === 'ingress' ? 'Ingress' : 'Egress'
  const concerned = policies.filter(
    ({ metadata, spec }) =>
      metadata.namespace === own.namespace &&
      spec?.policyTypes?.includes(type) &&
      selects(spec.podSelector, own.labels),
  )
  if (concerned.length === 0) return true
  const rules = concerned.flatMap(({ spec }) =>
    way === 'ingress'
      ? (spec?.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports }))
      : (spec?.egress ?? []).map(({ to, ports }) => ({ peers: to, ports })),
  )
  return rules.some(
    ({ peers, ports }) =>
      admits(peers, own, other) && (!ports || ports.some((allowed) => port.includes(allowed.port as number | string))),
  )
}
