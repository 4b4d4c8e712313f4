import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { pathToFileURL } from 'node:url'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { exportThrough } from './tracing.ts'

/** `@slipstream/gateway` is `slipstream-gateway`, as it always was at the collector. */
const resourceOf = (main: string | undefined) => {
  const manifest = main && findPackageJSON(pathToFileURL(main))
  if (!manifest) return {}
  const { name, version } = JSON.parse(readFileSync(manifest, 'utf8')) as { name: string; version: string }
  return { 'service.name': name.replace('@', '').replace('/', '-'), 'service.version': version }
}

/** Commands that name their collection only here. */
const named = ['findAndModify', 'aggregate', 'count', 'distinct']

/** What is asked of MongoDB stays out: it has people's data in it. Of an insert this gets the document. */
const describeCommand = (command: Record<string, unknown>): string => {
  const [name = ''] = Object.keys(command)
  return named.includes(name) ? `${name} ${command[name]}` : ''
}

/**
 * Starts the OpenTelemetry SDK, which reads the `OTEL_*` variables: endpoint, headers, protocol, sampler, limits.
 * @param main file that the process runs; the package it is of gives name and version
 */
export const exportTraces = async (main: string | undefined): Promise<void> => {
  const [{ NodeSDK }, { MongoDBInstrumentation }, { envDetector, resourceFromAttributes, serviceInstanceIdDetector }] =
    await Promise.all([
      import('@opentelemetry/sdk-node'),
      import('@opentelemetry/instrumentation-mongodb'),
      import('@opentelemetry/resources'),
    ])
  const sdk = new NodeSDK({
    resource: resourceFromAttributes(resourceOf(main)),
    // Not those that read the command line, the user and the machine.
    resourceDetectors: [envDetector, serviceInstanceIdDetector],
    textMapPropagator: new W3CTraceContextPropagator(),
    // Metrics are scraped, logs go to stdout.
    metricReaders: [],
    logRecordProcessors: [],
    // The driver is CommonJS, so that no loader hook is needed.
    instrumentations: [new MongoDBInstrumentation({ dbStatementSerializer: describeCommand })],
  })
  sdk.start()
  exportThrough(sdk)
}
