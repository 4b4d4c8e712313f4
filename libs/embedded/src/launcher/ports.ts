import type { Environment } from '@slipstream/runtime'
import type { Log } from '../binaries/spec.ts'
import { freePort, isPortFree } from '../servers/ports.ts'

export interface Ports {
  gateway: { port: number; opsPort: number }
  scheduler: { opsPort: number }
  ingestion: { opsPort: number }
  simulator: { port: number; opsPort: number }
}

const usual: Ports = {
  gateway: { port: 3000, opsPort: 9101 },
  scheduler: { opsPort: 9102 },
  ingestion: { opsPort: 9103 },
  simulator: { port: 4400, opsPort: 9104 },
}

/** The usual ports where they are free, others where not; PORT and OPS_PORT of the user's are for the gateway. */
export const choosePorts = async (env: Environment, log: Log): Promise<Ports> => {
  const taken = new Set<number>()
  const pick = async (what: string, wanted: number) => {
    let port = wanted
    while (taken.has(port) || !(await isPortFree(port))) port = await freePort()
    taken.add(port)
    if (port !== wanted) log(`port ${wanted} is taken, the ${what} uses ${port}`)
    return port
  }
  return {
    gateway: {
      port: Number(env.PORT) || (await pick('gateway', usual.gateway.port)),
      opsPort: Number(env.OPS_PORT) || (await pick("gateway's operations port", usual.gateway.opsPort)),
    },
    scheduler: { opsPort: await pick("scheduler's operations port", usual.scheduler.opsPort) },
    ingestion: { opsPort: await pick("ingestion's operations port", usual.ingestion.opsPort) },
    simulator: {
      port: await pick('simulator', usual.simulator.port),
      opsPort: await pick("simulator's operations port", usual.simulator.opsPort),
    },
  }
}
