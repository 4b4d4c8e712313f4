import { runService } from '@slipstream/runtime'
import { gatewayConfig } from './config.ts'
import { createGateway } from './service.ts'

await runService(() => createGateway(gatewayConfig()))
