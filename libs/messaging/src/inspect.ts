import { isDeepStrictEqual } from 'node:util'
import { type ConsumerConfig, JetStreamApiCodes, JetStreamApiError, jetstreamManager } from '@nats-io/jetstream'
import { type NatsServers, openForOnce } from './connection.ts'
import { isRefusal } from './errors.ts'
import { consumerConfig, consumers, streams, stuckMessagesConfig, stuckMessagesConsumer } from './topology.ts'

/** One stream or consumer, compared with its declaration in `topology.ts`. `refused`: this user may not look at it. */
export type InspectedPart = { kind: 'stream' | 'consumer'; name: string } & (
  | { state: 'as_declared' | 'missing' | 'refused' }
  | { state: 'different'; fields: string[] }
)

/** What a look from outside shows of NATS. */
export interface NatsView {
  /** Of the server that was reached. */
  version: string
  /** How long the connection took. */
  connectMs: number
  /** False where the server, or this user's account, has none; `parts` is empty then. */
  hasJetStream: boolean
  parts: InspectedPart[]
}

/** Fields that are not as they were declared; what is not declared is the server's or the operator's matter. */
const differencesOf = (declared: object, found: object): string[] => {
  const values = found as Record<string, unknown>
  return Object.entries(declared).flatMap(([field, value]) => (isDeepStrictEqual(values[field], value) ? [] : [field]))
}

/** A single filter may be told in the singular. */
const withFilters = (found: ConsumerConfig): ConsumerConfig =>
  found.filter_subjects ? found : { ...found, filter_subjects: found.filter_subject ? [found.filter_subject] : [] }

const notFound: readonly number[] = [JetStreamApiCodes.StreamNotFound, JetStreamApiCodes.ConsumerNotFound]

/** Of the server, or of this user's account. The client does not export the class of its own error. */
const isWithoutJetStream = (error: unknown): boolean =>
  (error instanceof Error && error.name === 'JetStreamNotEnabled') ||
  (error instanceof JetStreamApiError && error.code === JetStreamApiCodes.JetStreamNotEnabledForAccount)

const inspect = async (
  part: Pick<InspectedPart, 'kind' | 'name'>,
  look: () => Promise<string[]>,
): Promise<InspectedPart> => {
  try {
    const fields = await look()
    return fields.length === 0 ? { ...part, state: 'as_declared' } : { ...part, state: 'different', fields }
  } catch (error) {
    if (error instanceof JetStreamApiError && notFound.includes(error.code)) return { ...part, state: 'missing' }
    if (isRefusal(error)) return { ...part, state: 'refused' }
    throw error
  }
}

const declaredConsumers = [
  ...Object.entries(consumers).map(([name, definition]) => ({
    name,
    stream: definition.stream as string,
    config: consumerConfig(name, definition),
  })),
  { name: stuckMessagesConsumer, stream: streams.ADVISORIES.name as string, config: stuckMessagesConfig },
]

/**
 * Looks at a server and at what it keeps for this system, and changes nothing.
 * @throws what kept it from connecting, or an answer from coming within `limitMs`
 */
export const inspectNats = async (
  servers: NatsServers,
  { replicas, limitMs }: { replicas: number; limitMs: number },
): Promise<NatsView> => {
  const startedAt = performance.now()
  const connection = await openForOnce(servers, { name: 'slipstream-operator', limitMs })
  try {
    const { version = '', jetstream: hasJetStream = false } = connection.info ?? {}
    const view = { version, connectMs: performance.now() - startedAt }
    if (!hasJetStream) return { ...view, hasJetStream, parts: [] }
    const manager = await jetstreamManager(connection, { checkAPI: false, timeout: limitMs })
    const parts = await Promise.all([
      ...Object.values(streams).map((declared) =>
        inspect({ kind: 'stream', name: declared.name }, async () => {
          const { config } = await manager.streams.info(declared.name)
          const differing = differencesOf({ ...declared, num_replicas: replicas }, config)
          return config.persist_mode === 'async' ? [...differing, 'persist_mode'] : differing
        }),
      ),
      ...declaredConsumers.map(({ name, stream, config }) =>
        inspect({ kind: 'consumer', name }, async () =>
          differencesOf(config, withFilters((await manager.consumers.info(stream, name)).config)),
        ),
      ),
    ])
    return { ...view, hasJetStream, parts }
  } catch (error) {
    if (!isWithoutJetStream(error)) throw error
    return { version: connection.info?.version ?? '', connectMs: 0, hasJetStream: false, parts: [] }
  } finally {
    await connection.close()
  }
}
