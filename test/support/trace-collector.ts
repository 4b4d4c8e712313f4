import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'

interface Attribute {
  key: string
  value: { stringValue?: string; intValue?: number | string }
}

interface ExportedSpan {
  name: string
  kind: number
  traceId: string
  spanId: string
  parentSpanId?: string
  links?: { traceId: string; spanId: string }[]
  attributes: Attribute[]
}

/** OTLP in JSON, as far as it is looked at. */
interface ExportedSpans {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: ExportedSpan[] }[] }[]
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const

export interface CollectedSpan {
  /** As `service.name` and `service.version` of the process. */
  service: string
  version: string
  name: string
  kind: (typeof kinds)[number]
  traceId: string
  spanId: string
  /** Undefined of the first span of a trace. */
  parentSpanId: string | undefined
  links: { traceId: string; spanId: string }[]
  attributes: Record<string, string>
}

const textsOf = (attributes: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, String(value.stringValue ?? value.intValue)]))

const spansOf = ({ resourceSpans }: ExportedSpans): CollectedSpan[] =>
  resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = textsOf(resource.attributes)
    return scopeSpans
      .flatMap(({ spans }) => spans)
      .map((span) => ({
        service: about['service.name'] ?? '',
        version: about['service.version'] ?? '',
        name: span.name,
        kind: kinds[span.kind] ?? 'unspecified',
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId || undefined,
        links: span.links ?? [],
        attributes: textsOf(span.attributes),
      }))
  })

/** Takes what services export over OTLP/HTTP. */
export interface TraceCollector {
  /** What makes a service export to it, soon. */
  readonly settings: Record<string, string>
  /** Head and body of each request. */
  readonly texts: string[]
  spans(): CollectedSpan[]
  stop(): Promise<void>
}

export const startTraceCollector = async (): Promise<TraceCollector> => {
  const texts: string[] = []
  const spans: CollectedSpan[] = []
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    texts.push(`${JSON.stringify(request.headers)} ${body}`)
    spans.push(...spansOf(JSON.parse(body) as ExportedSpans))
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    settings: {
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
      OTEL_BSP_SCHEDULE_DELAY: '200',
    },
    texts,
    spans: () => spans,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
