export { ensureBinaries } from './binaries/ensure.ts'
export type { ResolvedBinary } from './binaries/resolve.ts'
export type { Log } from './binaries/spec.ts'
export { compileCacheIn } from './compile-cache.ts'
export { AlreadyRunningError, describe, EmbeddedServerError } from './errors.ts'
export { makeFolder } from './make-folder.ts'
export { defaultCacheDir } from './paths.ts'
export { killAll } from './processes/exit-guard.ts'
export { startTimeOf } from './processes/identity.ts'
export { claimFolder, isInUse, type LeftoverOptions, releaseFolder, stopLeftovers } from './processes/registry.ts'
export { runToEnd } from './processes/run-to-end.ts'
export { type Exit, type SupervisedProcess, type SuperviseOptions, superviseProcess } from './processes/supervise.ts'
export {
  dropDatabase,
  initiateMongoSet,
  mongoUri,
  type RunningMongo,
  startMongo,
  startMongoMember,
} from './servers/mongo.ts'
export { type NatsOptions, natsUrl, type RunningNats, startNats } from './servers/nats.ts'
export { freePort, isPortFree } from './servers/ports.ts'
export { expectedPort, type RunningServer, type ServerOptions } from './servers/start-server.ts'
