import { type ConsumerConfig, JetStreamApiError, type JetStreamManager, PersistMode } from '@nats-io/jetstream'
import { TopologyError } from './errors.ts'
import {
  consumerConfig,
  consumers,
  type ServiceName,
  type StreamDeclaration,
  type StreamName,
  streams,
  streamsKeeper,
  streamsOf,
  stuckMessagesConfig,
  stuckMessagesService,
} from './topology.ts'

/** The server's code for "stream name already in use with a different configuration". */
const streamNameInUse = 10058

/** The server's codes for "replicas > 1 not supported in non-clustered mode" and "no suitable peers for placement". */
const tooManyReplicas = [10074, 10005]

/** The server's code for "consumer already exists", with another configuration. */
const consumerExists = 10148

const ensureStream = async (manager: JetStreamManager, declared: StreamDeclaration, service: ServiceName) => {
  try {
    return await manager.streams.add(declared)
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== streamNameInUse) throw error
    if (service === streamsKeeper) return await manager.streams.update(declared.name, declared)
    return await manager.streams.info(declared.name)
  }
}

/**
 * A consumer that is there stays as it is: a replica of another release asks for its own configuration at each reconnect,
 * and stops working while it finds a different one. Messages that meet the limit of deliveries of release 0.1 are taken care
 * of by the sweep for stuck messages.
 */
const addConsumer = async (manager: JetStreamManager, stream: StreamName, config: Partial<ConsumerConfig>) => {
  try {
    await manager.consumers.add(stream, config)
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== consumerExists) throw error
  }
}

/**
 * Makes the streams that this service needs and its consumers where they are missing; the scheduler updates streams that
 * differ. Does nothing where all is as declared, so any number of processes may do it at any time.
 * @throws TopologyError when a stream acknowledges before its data is on disk, or cannot have so many replicas.
 */
export const ensureTopology = async (manager: JetStreamManager, service: ServiceName, replicas = 1): Promise<void> => {
  for (const name of streamsOf[service]) {
    const declared = { ...streams[name], num_replicas: replicas }
    const { config } = await ensureStream(manager, declared, service).catch((error: unknown) => {
      if (!(error instanceof JetStreamApiError) || !tooManyReplicas.includes(error.code)) throw error
      throw new TopologyError(`${replicas} replicas of stream ${name}: ${error.message}`, { cause: error })
    })
    if (config.persist_mode === PersistMode.Async) {
      throw new TopologyError(`stream ${name} has persist_mode async: acknowledged messages could be lost`)
    }
  }
  for (const [name, definition] of Object.entries(consumers)) {
    if (definition.service === service) await addConsumer(manager, definition.stream, consumerConfig(name, definition))
  }
  if (service === stuckMessagesService) await addConsumer(manager, streams.ADVISORIES.name, stuckMessagesConfig)
}
