import { setTimeout as delay } from 'node:timers/promises'
import {
  type Attributes,
  context,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { TracerProvider } from '@opentelemetry/sdk-trace'

export { SpanKind } from '@opentelemetry/api'

/** What exports the spans of this process, until it is ended. */
interface TraceExport {
  shutdown(): Promise<void>
}

let exporting: TraceExport | undefined

/** For what is loaded before the service: its spans are sent when the service ends. */
export const exportThrough = (started: TraceExport): void => {
  exporting = started
}

/** A collector that does not answer holds up a stop no longer. */
const flushLimitMs = 3_000

/** Sends what is buffered and ends the exporter, where there is one; gives up after 3 s. */
export const endTracing = async (): Promise<void> => {
  const limit = delay(flushLimitMs, undefined, { ref: false })
  await Promise.race([exporting?.shutdown(), limit])
}

/** Trace ids exist, and reach logs and events, where nothing is exported too. */
export const traceLocally = (): void => {
  trace.setGlobalTracerProvider(new TracerProvider())
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
}

const tracer = () => trace.getTracer('slipstream')

export interface SpanOptions {
  kind?: SpanKind
  attributes?: Attributes
  /** W3C `traceparent` of the caller; absent: the active span is the parent. */
  parent?: string | undefined
}

/** Runs `work` inside a span; an error marks the span as failed and is passed on. */
export const withSpan = async <T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> => {
  const parent = options.parent
    ? propagation.extract(context.active(), { traceparent: options.parent })
    : context.active()
  const { kind = SpanKind.INTERNAL, attributes = {} } = options
  return tracer().startActiveSpan(name, { kind, attributes }, parent, async (span) => {
    try {
      return await work(span)
    } catch (error) {
      span.setStatus({ code: SpanStatusCode.ERROR, message: error instanceof Error ? error.name : 'error' })
      throw error
    } finally {
      span.end()
    }
  })
}

/** Notes at the active span what else has led to its work, as W3C `traceparent`s. Its own trace needs no note. */
export const linkTraces = (traceparents: readonly string[]): void => {
  const span = trace.getActiveSpan()
  for (const traceparent of traceparents) {
    const linked = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent }))
    if (linked && linked.traceId !== span?.spanContext().traceId) span?.addLink({ context: linked })
  }
}

/** Runs what is not of the active trace, though it is begun there. */
export const outsideTrace = <T>(work: () => T): T => context.with(ROOT_CONTEXT, work)

/** The active span as a W3C `traceparent` header value, if there is one. */
export const currentTraceparent = (): string | undefined => {
  const carrier: { traceparent?: string } = {}
  propagation.inject(context.active(), carrier)
  return carrier.traceparent
}
