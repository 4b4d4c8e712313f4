import { JetStreamApiError, type JetStreamManager, PersistMode } from '@nats-io/jetstream'
import { TopologyError } from './errors.ts'
import { consumerConfig, consumers, type StreamDeclaration, streams } from './topology.ts'

/** The server's code for "stream name already in use with a different configuration". */
const streamNameInUse = 10058

const addOrUpdate = async (manager: JetStreamManager, declared: StreamDeclaration) => {
  try {
    return await manager.streams.add(declared)
  } catch (error) {
    if (!(error instanceof JetStreamApiError) || error.code !== streamNameInUse) throw error
    return await manager.streams.update(declared.name, declared)
  }
}

/**
 * Creates the streams and consumers that are missing and updates those that differ. Does nothing where all is as
 * declared, so any number of processes may do it at any time.
 * @throws TopologyError when a stream acknowledges before its data is on disk.
 */
export const ensureTopology = async (manager: JetStreamManager): Promise<void> => {
  for (const declared of Object.values(streams)) {
    const { config } = await addOrUpdate(manager, declared)
    if (config.persist_mode === PersistMode.Async) {
      throw new TopologyError(`stream ${declared.name} has persist_mode async: acknowledged messages could be lost`)
    }
  }
  for (const [name, definition] of Object.entries(consumers)) {
    await manager.consumers.add(definition.stream, consumerConfig(name, definition))
  }
}
