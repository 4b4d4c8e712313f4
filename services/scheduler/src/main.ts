import { runService } from '@slipstream/runtime'
import { startTracing } from '@slipstream/telemetry'
import { schedulerConfig } from './config.ts'
import { createScheduler } from './service.ts'

await runService(async () => {
  const config = schedulerConfig()
  const tracing = await startTracing('scheduler', config.otlpEndpoint)
  const scheduler = createScheduler(config)
  return {
    start: scheduler.start,
    stop: async () => {
      await scheduler.stop()
      await tracing.shutdown()
    },
  }
})
