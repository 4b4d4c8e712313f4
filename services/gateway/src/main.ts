import { env } from 'node:process'
import { runService } from '@slipstream/runtime'
import { readGatewayConfig } from './config.ts'
import { createGateway } from './service.ts'

await runService(() => createGateway(readGatewayConfig(env)))
