import { mongodBinary } from './mongod.ts'
import { natsServerBinary } from './nats-server.ts'
import { type ResolvedBinary, resolveBinary } from './resolve.ts'
import type { Log } from './spec.ts'

/**
 * Finds or fetches both servers, in parallel, so that later starts find them in the cache.
 * @throws EmbeddedServerError when one of them cannot be had
 */
export const ensureBinaries = async (log: Log): Promise<{ mongod: ResolvedBinary; natsServer: ResolvedBinary }> => {
  const [mongod, natsServer] = await Promise.all([
    resolveBinary(mongodBinary, { log }),
    resolveBinary(natsServerBinary, { log }),
  ])
  return { mongod, natsServer }
}
