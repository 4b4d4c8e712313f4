import { runService } from '@slipstream/runtime'
import { schedulerConfig } from './config.ts'
import { createScheduler } from './service.ts'

await runService(() => createScheduler(schedulerConfig()))
