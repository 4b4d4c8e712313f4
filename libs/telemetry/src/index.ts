export { createLogger, type Logger } from './logger.ts'
export { createMetrics, type Metrics } from './metrics.ts'
export { type OpsServer, type Readiness, startOpsServer } from './ops-server.ts'
export { sharedRead } from './shared-read.ts'
export {
  currentTraceparent,
  endTracing,
  linkTraces,
  outsideTrace,
  SpanKind,
  type SpanOptions,
  withSpan,
} from './tracing.ts'
