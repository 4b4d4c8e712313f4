import { type Attributes, context, propagation, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { W3CTraceContextPropagator } from '@opentelemetry/core'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

export { SpanKind } from '@opentelemetry/api'

export interface Tracing {
  /** Sends what is buffered, then ends the exporter. */
  shutdown(): Promise<void>
}

/**
 * Registers the process's tracer. Trace ids exist (and reach logs and events) without an endpoint too; spans are
 * exported over OTLP/HTTP only when `endpoint` is set.
 */
export const startTracing = async (service: string, endpoint: string | undefined): Promise<Tracing> => {
  const processors = []
  if (endpoint) {
    // Loaded only when used: it is the larger half of the tracing code.
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
    processors.push(new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url: `${endpoint}/v1/traces` }) }))
  }
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': `slipstream-${service}` }),
    spanProcessors: processors,
  })
  trace.setGlobalTracerProvider(provider)
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable())
  propagation.setGlobalPropagator(new W3CTraceContextPropagator())
  return { shutdown: () => provider.shutdown() }
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

/** The active span as a W3C `traceparent` header value, if there is one. */
export const currentTraceparent = (): string | undefined => {
  const carrier: { traceparent?: string } = {}
  propagation.inject(context.active(), carrier)
  return carrier.traceparent
}
