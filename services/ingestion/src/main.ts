import { runService } from '@slipstream/runtime'
import { startTracing } from '@slipstream/telemetry'
import { ingestionConfig } from './config.ts'
import { createIngestion } from './service.ts'

await runService(async () => {
  const config = ingestionConfig()
  const tracing = await startTracing('ingestion', config.otlpEndpoint)
  const ingestion = createIngestion(config)
  return {
    start: ingestion.start,
    stop: async () => {
      await ingestion.stop()
      await tracing.shutdown()
    },
  }
})
