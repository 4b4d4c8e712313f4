import { exportTraces } from './trace-export.ts'
import { traceLocally } from './tracing.ts'

// Loaded before a service (`node --import @slipstream/telemetry/register src/main.ts`): what is instrumented has to be
// loaded after its instrumentation. Without an endpoint nothing is exported, and neither SDK nor instrumentation is loaded.

const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT

// What is no address is told by the service, with all else that is wrong with its settings.
if (endpoint && URL.canParse(endpoint)) await exportTraces(process.argv[1])
else traceLocally()
