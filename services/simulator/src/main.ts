import { runService } from '@slipstream/runtime'
import { simulatorConfig } from './config.ts'
import { createSimulator } from './service.ts'

await runService(() => createSimulator(simulatorConfig()))
