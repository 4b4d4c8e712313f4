import { runService } from '@slipstream/runtime'
import { ingestionConfig } from './config.ts'
import { createIngestion } from './service.ts'

await runService(() => createIngestion(ingestionConfig()))
