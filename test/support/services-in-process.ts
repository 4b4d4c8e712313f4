import { randomBytes } from 'node:crypto'
import { freePort } from '@slipstream/embedded'
import { createLogger } from '@slipstream/telemetry'
import { gatewayConfig } from '../../services/gateway/src/config.ts'
import { createGateway } from '../../services/gateway/src/service.ts'
import { ingestionConfig } from '../../services/ingestion/src/config.ts'
import { createIngestion } from '../../services/ingestion/src/service.ts'
import { schedulerConfig } from '../../services/scheduler/src/config.ts'
import { createScheduler } from '../../services/scheduler/src/service.ts'

/** All three services in this process, with sweeps that come often and nobody to serve. */
export const startServicesInProcess = async (servers: { mongodbUri: string; natsUrl: string }) => {
  const env = {
    ...{ MONGODB_URI: servers.mongodbUri, NATS_URL: servers.natsUrl, DRAIN_SECONDS: '0' },
    ...{
      STRAVA_CLIENT_ID: '1',
      STRAVA_CLIENT_SECRET: 'none',
      TOKEN_KEYS: ['test1', 'test0'].map((kid) => `${kid}:${randomBytes(32).toString('base64')}`).join(','),
    },
    ...{ AUTH_ISSUER_URL: 'http://127.0.0.1:1', AUTH_AUDIENCE: 'none', PORT: '0' },
  }
  const ops = async () => ({ ...env, OPS_PORT: String(await freePort()) })
  const everyMs = 100
  const lines: string[] = []
  const logOf = (name: string) => createLogger(name, 'info', { write: (line: string) => void lines.push(line) })
  const services = {
    scheduler: createScheduler(schedulerConfig(await ops()), {
      log: logOf('scheduler'),
      timings: { claimEveryMs: everyMs, sweepEveryMs: everyMs, inboxEveryMs: everyMs },
    }),
    ingestion: createIngestion(ingestionConfig(await ops()), {
      log: logOf('ingestion'),
      timings: {
        resumeParkedEveryMs: everyMs,
        eraseEveryMs: everyMs,
        expireEveryMs: everyMs,
        countMissedEveryMs: everyMs,
        resealEveryMs: everyMs,
      },
    }),
    gateway: createGateway(gatewayConfig(await ops()), { log: logOf('gateway'), sweepIntervalMs: everyMs }),
  }
  const all = Object.values(services)
  for (const service of all) await service.start()
  const ask = async (name: keyof typeof services, path: string) =>
    (await fetch(`http://127.0.0.1:${services[name].opsPort}${path}`)).text()
  return {
    names: Object.keys(services) as (keyof typeof services)[],
    /** Of all services, from INFO on. */
    lines,
    metricsOf: (name: keyof typeof services) => ask(name, '/metrics'),
    readinessOf: async (name: keyof typeof services) => JSON.parse(await ask(name, '/readyz')),
    stop: () => Promise.all(all.map((service) => service.stop())),
  }
}
