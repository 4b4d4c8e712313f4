export { type Backoff, backoffMs, backoffUntil } from './backoff.ts'
export { type Clock, systemClock } from './clock.ts'
export {
  ConfigError,
  deepFreeze,
  type Environment,
  hasNoUser,
  hasPlainHost,
  readConfig,
  setting,
  withFirstHost,
} from './config.ts'
export { dataDirOf, publishDemoSettings, readDemoSettings, withdrawDemoSettings } from './demo-settings.ts'
export { html, Markup } from './html.ts'
export { type NewId, newId, newOneTimeSecret, sha256 } from './ids.ts'
export { inBatches } from './in-batches.ts'
export { type ListenAddress, listen, listenProblems } from './listen.ts'
export { type Repetition, repeat } from './repeat.ts'
export { Secret } from './secret.ts'
export { NotStartedError, runService, type Service } from './service.ts'
export { isStoreAway } from './store-away.ts'
export { untilItWorks } from './until-it-works.ts'
export { OverdueError, withinLimit } from './within-limit.ts'
